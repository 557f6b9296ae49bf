using System.CommandLine;
using Millrace.Cli.Output;

namespace Millrace.Cli.Commands;

static class GroupsList
{
    internal static Command Create()
    {
        var command = new Command("list", "Lists the groups.");
        new ClusterOptions().SetAction(command, async (admin, session, _) =>
        {
            var groups = (await admin.ListGroupsAsync(session.Cancellation)).Select(GroupView.Of).ToList();
            session.Show(groups, KafkaViews.Default.IReadOnlyListGroupView, terminal => Write(terminal, groups));
        });
        return command;
    }

    internal static void Write(Terminal terminal, IReadOnlyList<GroupView> groups)
    {
        if (groups.Count == 0)
        {
            terminal.Line("No groups.");
            return;
        }
        var table = new Columns("group", "state", "kind", "protocol");
        foreach (var group in groups) table.Add(Text.Of(group.Id), Told(group.State), Told(group.Kind), Text.Of(group.ProtocolType));
        table.WriteTo(terminal);
    }

    /// <summary>Old brokers tell neither state nor kind.</summary>
    static string Told(string name) => name == "unknown" ? "-" : name;
}
