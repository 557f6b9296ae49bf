using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

static class TopicsCreate
{
    internal static Command Create()
    {
        var name = new Argument<string>("topic") { Description = "The topic's name." };
        var partitions = new Option<int?>("--partitions", "-p") { Description = "How many partitions it has; otherwise as many as the broker is set to.", HelpName = "number" };
        var replication = new Option<int?>("--replication-factor") { Description = "How many brokers keep a copy of each; otherwise as many as the broker is set to.", HelpName = "number" };
        var config = new Option<string[]>("--config") { Description = "A setting by Kafka's name, such as retention.ms=86400000. May be given several times.", HelpName = "name=value" };
        var ifNotExists = new Option<bool>("--if-not-exists") { Description = "Leave a topic that is there as it is." };
        var command = new Command("create", "Creates a topic.") { name, partitions, replication, config, ifNotExists };
        new ClusterOptions().SetAction(command, async (admin, session, parsed) =>
        {
            var topic = parsed.GetRequiredValue(name);
            var isNew = await TryAsync(admin, topic, parsed.GetValue(partitions), parsed.GetValue(replication), Assignments.ReadAll("--config", parsed.GetValue(config)), parsed.GetValue(ifNotExists), session.Cancellation);
            session.Show(new(isNew ? [topic] : []), Views.Default.CreatedView, terminal => terminal.Line(isNew ? $"Topic {topic} is created." : $"Topic {topic} is there already."));
        });
        return command;
    }

    /// <returns>False where it was there, and may be.</returns>
    internal static async Task<bool> TryAsync(KafkaAdmin admin, string topic, int? partitions, int? replication, Dictionary<string, string> configs, bool mayExist, CancellationToken cancellation)
    {
        try
        {
            await admin.CreateTopicAsync(topic, partitions, replication, configs, cancellation);
            return true;
        }
        catch (KafkaException exists) when (mayExist && exists.Code == ErrorCode.TopicAlreadyExists)
        {
            return false;
        }
    }
}
