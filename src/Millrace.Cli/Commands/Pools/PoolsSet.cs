using System.CommandLine;
using Millrace.Cli.Output;

namespace Millrace.Cli.Commands;

static class PoolsSet
{
    internal static Command Create()
    {
        var name = new Argument<string>("pool") { Description = "The pool's name." };
        var slots = new Argument<int>("slots") { Description = "How many slots it has; 0 stops its tasks." };
        var says = new Option<string?>("--description") { Description = "What it protects.", HelpName = "text" };
        var command = new Command("set", "Makes a pool or changes its size.") { name, slots, says };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync(make: true);
            var (pool, size) = (parsed.GetRequiredValue(name), parsed.GetRequiredValue(slots));
            if (size < 0) throw new UserErrorException($"A pool can't have {size} slots. Give 0 or more.");
            var before = (await store.ListPoolsAsync(session.Cancellation)).FirstOrDefault(use => use.Pool.Name == pool);
            await store.SetPoolAsync(new(pool, size, parsed.GetValue(says) ?? before?.Pool.Description), session.Cancellation);
            await session.WakeAsync();
            session.Show([new(pool, size, before?.Used ?? 0, before?.Scheduled ?? 0, parsed.GetValue(says) ?? before?.Pool.Description)],
                Views.Default.IReadOnlyListPoolView, terminal => terminal.Line($"Pool {pool} has {Text.Count(size, "slot")}."));
            return ExitCode.Ok;
        }));
        return command;
    }
}
