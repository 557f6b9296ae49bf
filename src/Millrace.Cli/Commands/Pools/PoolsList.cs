using System.CommandLine;
using Millrace.Cli.Output;

namespace Millrace.Cli.Commands;

static class PoolsList
{
    internal static Command Create()
    {
        var command = new Command("list", "Lists the pools with the slots in use.");
        command.SetAction(Session.Of(async (session, _) =>
        {
            var store = await session.StoreAsync();
            var pools = (await store.ListPoolsAsync(session.Cancellation))
                .Select(use => new PoolView(use.Pool.Name, use.Pool.Slots, use.Used, use.Scheduled, use.Pool.Description)).ToList();
            session.Show(pools, Views.Default.IReadOnlyListPoolView, terminal =>
            {
                var table = new Columns("pool", "slots", "used", "waiting", "description").WrapLast();
                foreach (var pool in pools)
                    table.Add(Text.Of(pool.Name), $"{pool.Slots}", $"{pool.Used}", $"{pool.Waiting}", Text.Of(pool.Description));
                table.WriteTo(terminal);
            });
            return ExitCode.Ok;
        }));
        return command;
    }
}
