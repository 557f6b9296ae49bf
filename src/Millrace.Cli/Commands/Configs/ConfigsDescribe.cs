using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

static class ConfigsDescribe
{
    internal static Command Create()
    {
        var topic = new Option<string?>("--topic") { Description = "The settings of a topic.", HelpName = "topic" };
        var broker = new Option<int?>("--broker") { Description = "The settings of a broker, by its number.", HelpName = "number" };
        var all = new Option<bool>("--all") { Description = "Also those that are what they are by themselves." };
        var command = new Command("describe", "Shows the settings of a topic or a broker that somebody has set, or all of them.") { topic, broker, all };
        new ClusterOptions().SetAction(command, async (admin, session, parsed) =>
        {
            var found = (parsed.GetValue(topic), parsed.GetValue(broker)) switch
            {
                ({ } name, null) => await admin.DescribeTopicConfigsAsync(name, session.Cancellation),
                (null, { } number) => await admin.DescribeBrokerConfigsAsync(number, session.Cancellation),
                _ => throw new UserErrorException("Say whose settings: --topic NAME or --broker NUMBER."),
            };
            var entries = found.Where(c => parsed.GetValue(all) || c.Origin != ConfigOrigin.Default).Select(ConfigEntryView.Of).ToList();
            session.Show(entries, KafkaViews.Default.IReadOnlyListConfigEntryView, terminal =>
            {
                if (entries.Count == 0)
                {
                    terminal.Line("Nobody has set anything: --all shows what is in force.");
                    return;
                }
                var table = new Columns("setting", "value", "from");
                foreach (var entry in entries) table.Add(Text.Of(entry.Name), entry.Secret ? "[grey](secret)[/]" : Text.Of(entry.Value), entry.Origin);
                table.WriteTo(terminal);
            });
        });
        return command;
    }
}
