using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

static class ConfigsAlter
{
    internal static Command Create()
    {
        var topic = new Option<string?>("--topic") { Description = "The settings of a topic.", HelpName = "topic" };
        var broker = new Option<int?>("--broker") { Description = "The settings of a broker, by its number.", HelpName = "number" };
        var allBrokers = new Option<bool>("--all-brokers") { Description = "The settings of all brokers." };
        var set = new Option<string[]>("--set") { Description = "A setting by Kafka's name. May be given several times.", HelpName = "name=value" };
        var reset = new Option<string[]>("--reset") { Description = "A setting that goes back to what it is by itself. May be given several times.", HelpName = "name" };
        var append = new Option<string[]>("--append") { Description = "Adds to a setting that is a list.", HelpName = "name=value" };
        var subtract = new Option<string[]>("--subtract") { Description = "Takes out of a setting that is a list.", HelpName = "name=value" };
        var command = new Command("alter", "Changes settings of a topic or of brokers while they run.") { topic, broker, allBrokers, set, reset, append, subtract };
        new ClusterOptions().SetAction(command, async (admin, session, parsed) =>
        {
            var changes = Assignments.Changes(parsed.GetValue(set), parsed.GetValue(reset), "--set")
                .Concat(Assignments.Read("--append", parsed.GetValue(append)).Select(a => ConfigChange.Append(a.Name, a.Value)))
                .Concat(Assignments.Read("--subtract", parsed.GetValue(subtract)).Select(s => ConfigChange.Subtract(s.Name, s.Value))).ToList();
            if (changes.Count == 0) throw new UserErrorException("Nothing is to be changed. Give --set, --reset, --append or --subtract.");
            var whose = (parsed.GetValue(topic), parsed.GetValue(broker), parsed.GetValue(allBrokers)) switch
            {
                ({ } name, null, false) => name,
                (null, { } number, false) => $"broker {number}",
                (null, null, true) => "all brokers",
                _ => throw new UserErrorException("Say whose settings: --topic NAME, --broker NUMBER or --all-brokers."),
            };
            if (parsed.GetValue(topic) is { } one) await admin.AlterTopicConfigsAsync(one, changes, session.Cancellation);
            else await admin.AlterBrokerConfigsAsync(parsed.GetValue(broker), changes, session.Cancellation);
            session.Show(new([whose]), KafkaViews.Default.AlteredView, terminal => terminal.Line($"The settings of {whose} are changed."));
        });
        return command;
    }
}
