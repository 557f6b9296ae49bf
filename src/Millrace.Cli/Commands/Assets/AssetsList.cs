using System.CommandLine;
using Millrace.Cli.Output;

namespace Millrace.Cli.Commands;

static class AssetsList
{
    internal static Command Create()
    {
        var command = new Command("list", "Lists the assets, who produces them and who waits for them.");
        command.SetAction(Session.Of(async (session, _) =>
        {
            var store = await session.StoreAsync();
            var assets = (await store.ListAssetsAsync(session.Cancellation))
                .Select(asset => new AssetView(asset.Name, asset.LastUpdate, asset.Updates, asset.Producers, asset.Consumers)).ToList();
            session.Show(assets, Views.Default.IReadOnlyListAssetView, terminal =>
            {
                if (assets.Count == 0)
                {
                    terminal.Line("No assets: no Dag produces or waits for one.");
                    return;
                }
                var table = new Columns("asset", "updates", "last update", "produced by", "awaited by").WrapLast();
                foreach (var asset in assets)
                    table.Add(Text.Of(asset.Name), $"{asset.Updates}", Text.Of(asset.LastUpdate), Text.Of(string.Join(", ", asset.Producers)), Text.Of(string.Join(", ", asset.Consumers)));
                table.WriteTo(terminal);
            });
            return ExitCode.Ok;
        }));
        return command;
    }
}
