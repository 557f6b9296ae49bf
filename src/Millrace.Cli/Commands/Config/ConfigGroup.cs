using System.CommandLine;

namespace Millrace.Cli.Commands;

static class ConfigGroup
{
    internal const string Says = "Shows the settings.";

    internal static Command Create() => new("config", Says)
    {
        ConfigShow.Create(),
    };
}
