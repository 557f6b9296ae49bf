using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Dags;
using Millrace.Hosting.Settings;

namespace Millrace.Cli.Commands;

static class PoolsDelete
{
    internal static Command Create()
    {
        var name = new Argument<string>("pool") { Description = "The pool's name." };
        var command = new Command("delete", "Deletes a pool; tasks that name it wait until there is one again.") { name };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var pool = parsed.GetRequiredValue(name);
            if (pool == TaskSpec.DefaultPool)
                throw new UserErrorException($"The pool '{pool}' can't be deleted: tasks that name no pool use it. 'millrace pools set {pool} SLOTS' changes its size.");
            if (!await store.DeletePoolAsync(pool, session.Cancellation))
                throw new UserErrorException($"There is no pool '{pool}'.{NearMiss.Question(pool, (await store.ListPoolsAsync(session.Cancellation)).Select(use => use.Pool.Name))}");
            await session.WakeAsync();
            session.Show(new(pool), Views.Default.DeletedView, terminal => terminal.Line($"Pool {pool} is deleted."));
            return ExitCode.Ok;
        }));
        return command;
    }
}
