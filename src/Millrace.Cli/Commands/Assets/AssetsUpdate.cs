using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Hosting.Settings;

namespace Millrace.Cli.Commands;

static class AssetsUpdate
{
    internal static Command Create()
    {
        var name = new Argument<string>("asset") { Description = "The asset's name." };
        var command = new Command("update", "Reports that something outside has updated an asset; Dags that wait for it run.") { name };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var asset = parsed.GetRequiredValue(name);
            var known = (await store.ListAssetsAsync(session.Cancellation)).Select(row => row.Name).ToList();
            if (!known.Contains(asset))
                throw new UserErrorException($"No Dag produces or waits for an asset '{asset}'.{NearMiss.Question(asset, known)} 'millrace assets list' shows them.");
            var now = session.Time.GetUtcNow();
            await store.RecordAssetEventAsync(asset, now, session.Cancellation);
            await session.WakeAsync();
            session.Show(new(asset, now), Views.Default.AssetUpdateView, terminal => terminal.Line($"{asset} counts as updated."));
            return ExitCode.Ok;
        }));
        return command;
    }
}
