using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

static class TopicsDelete
{
    internal static Command Create()
    {
        var names = new Argument<string[]>("topic") { Description = "The topics.", Arity = ArgumentArity.OneOrMore };
        var ifExists = new Option<bool>("--if-exists") { Description = "Pass over a topic that isn't there." };
        var command = new Command("delete", "Deletes topics with all their records.") { names, ifExists };
        new ClusterOptions().SetAction(command, async (admin, session, parsed) =>
        {
            var deleted = new List<string>();
            foreach (var topic in parsed.GetRequiredValue(names))
                if (await TryAsync(admin, topic, parsed.GetValue(ifExists), session.Cancellation)) deleted.Add(topic);
            session.Show(new(deleted), KafkaViews.Default.DeletedManyView, terminal =>
            {
                foreach (var topic in deleted) terminal.Line($"Topic {topic} is deleted.");
            });
        });
        return command;
    }

    /// <returns>False where it wasn't there, and needn't be.</returns>
    internal static async Task<bool> TryAsync(KafkaAdmin admin, string topic, bool mayBeMissing, CancellationToken cancellation)
    {
        try
        {
            await admin.DeleteTopicAsync(topic, cancellation);
            return true;
        }
        catch (KafkaException missing) when (mayBeMissing && missing.Code == ErrorCode.UnknownTopicOrPartition)
        {
            return false;
        }
    }
}
