using System.CommandLine;
using Millrace.Cli.Output;

namespace Millrace.Cli.Commands;

static class TopicsAlter
{
    internal static Command Create()
    {
        var name = new Argument<string>("topic") { Description = "The topic's name." };
        var partitions = new Option<int?>("--partitions", "-p") { Description = "How many partitions it shall have: more than now. Keys may come to other partitions then.", HelpName = "number" };
        var set = new Option<string[]>("--config") { Description = "A setting by Kafka's name. May be given several times.", HelpName = "name=value" };
        var reset = new Option<string[]>("--delete-config") { Description = "A setting that goes back to the broker's. May be given several times.", HelpName = "name" };
        var command = new Command("alter", "Adds partitions to a topic, or changes its settings.") { name, partitions, set, reset };
        new ClusterOptions().SetAction(command, async (admin, session, parsed) =>
        {
            var (topic, total) = (parsed.GetRequiredValue(name), parsed.GetValue(partitions));
            var changes = Assignments.Changes(parsed.GetValue(set), parsed.GetValue(reset), "--config").ToList();
            if (total is null && changes.Count == 0) throw new UserErrorException("Nothing is to be changed. Give --partitions, --config or --delete-config.");
            // What can be taken back comes first: partitions can't.
            if (changes.Count > 0) await admin.AlterTopicConfigsAsync(topic, changes, session.Cancellation);
            if (total is { } wanted) await admin.AddPartitionsAsync(topic, wanted, session.Cancellation);
            session.Show(new([topic]), KafkaViews.Default.AlteredView, terminal => terminal.Line($"Topic {topic} is changed."));
        });
        return command;
    }
}
