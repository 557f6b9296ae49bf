using System.CommandLine;

namespace Millrace.Cli.Commands;

static class ConfigsGroup
{
    internal const string Says = "Shows and changes settings of topics and brokers of a Kafka cluster.";

    internal static Command Create() => new("configs", Says)
    {
        ConfigsDescribe.Create(),
        ConfigsAlter.Create(),
    };
}
