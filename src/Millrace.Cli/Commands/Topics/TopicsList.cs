using System.CommandLine;
using Millrace.Cli.Output;

namespace Millrace.Cli.Commands;

static class TopicsList
{
    internal static Command Create()
    {
        var all = new Option<bool>("--all") { Description = "Also those in which brokers keep their own things." };
        var command = new Command("list", "Lists the topics.") { all };
        new ClusterOptions().SetAction(command, async (admin, session, parsed) =>
        {
            var topics = (await admin.ListTopicsAsync(parsed.GetValue(all), session.Cancellation)).Select(TopicView.Of).ToList();
            session.Show(topics, KafkaViews.Default.IReadOnlyListTopicView, terminal =>
            {
                if (topics.Count == 0)
                {
                    terminal.Line("No topics.");
                    return;
                }
                var table = new Columns("topic", "partitions", "replicas", "note").WrapLast();
                foreach (var topic in topics)
                    table.Add(Text.Of(topic.Name), $"{topic.Partitions.Count}", $"{topic.ReplicationFactor}", Text.Of(topic.Note));
                table.WriteTo(terminal);
            });
        });
        return command;
    }
}
