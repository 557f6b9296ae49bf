using System.CommandLine;

namespace Millrace.Cli.Commands;

static class TopicsGroup
{
    internal const string Says = "Creates, shows, changes and deletes topics of a Kafka cluster.";

    internal static Command Create() => new("topics", Says)
    {
        TopicsCreate.Create(),
        TopicsList.Create(),
        TopicsDescribe.Create(),
        TopicsAlter.Create(),
        TopicsDelete.Create(),
    };
}
