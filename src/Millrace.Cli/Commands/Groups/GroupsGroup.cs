using System.CommandLine;

namespace Millrace.Cli.Commands;

static class GroupsGroup
{
    internal const string Says = "Shows consumer groups of a Kafka cluster, and moves what they read next.";

    internal static Command Create() => new("groups", Says)
    {
        GroupsList.Create(),
        GroupsDescribe.Create(),
        GroupsResetOffsets.Create(),
        GroupsDelete.Create(),
    };
}
