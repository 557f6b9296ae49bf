using System.CommandLine;

namespace Millrace.Cli.Commands;

static class AssetsGroup
{
    internal const string Says = "Lists assets and reports updates from outside.";

    internal static Command Create() => new("assets", Says)
    {
        AssetsList.Create(),
        AssetsUpdate.Create(),
    };
}
