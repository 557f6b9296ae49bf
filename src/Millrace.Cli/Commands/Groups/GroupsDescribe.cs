using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

static class GroupsDescribe
{
    internal static Command Create()
    {
        var name = new Argument<string>("group") { Description = "The group's id." };
        var command = new Command("describe", "Shows what a group has committed, how far behind it is, and its members.") { name };
        new ClusterOptions().SetAction(command, async (admin, session, parsed) =>
        {
            var group = await admin.DescribeGroupAsync(parsed.GetRequiredValue(name), session.Cancellation);
            var view = Of(group, await admin.ListGroupOffsetsAsync(group.Id, session.Cancellation));
            session.Show(view, KafkaViews.Default.GroupDetailsView, terminal => Write(terminal, view));
        });
        return command;
    }

    static GroupDetailsView Of(GroupDescription group, IReadOnlyList<GroupOffset> offsets)
    {
        var owners = group.Members.SelectMany(m => m.Assignment.Select(p => (p, m.Id))).DistinctBy(o => o.p).ToDictionary(o => o.p, o => o.Id);
        var committed = offsets.Select(o => new GroupOffsetView(o.Partition.Topic, o.Partition.Partition, o.Offset, o.End, o.Lag, owners.GetValueOrDefault(o.Partition)));
        // A partition that somebody has and nobody has committed anything for.
        var untouched = owners.Where(o => offsets.All(c => c.Partition != o.Key)).Select(o => new GroupOffsetView(o.Key.Topic, o.Key.Partition, null, null, null, o.Value));
        return new(group.Id, KafkaNames.Of(group.Kind), KafkaNames.Of(group.State), group.Assignor,
            [.. committed.Concat(untouched).OrderBy(o => o.Topic, StringComparer.Ordinal).ThenBy(o => o.Partition)], [.. group.Members.Select(MemberView.Of)]);
    }

    static void Write(Terminal terminal, GroupDetailsView group)
    {
        var lag = group.Offsets.Sum(o => o.Lag ?? 0);
        terminal.Line($"{group.Id}: {group.State}, {Text.Count(group.Members.Count, "member")}, {group.Kind} protocol{(group.Assignor.Length > 0 ? $" with {group.Assignor}" : "")}, {Text.Count(lag, "record")} behind");
        if (group.Offsets.Count > 0)
        {
            terminal.Line();
            var table = new Columns("topic", "partition", "committed", "end", "lag", "member");
            foreach (var offset in group.Offsets)
                table.Add(Text.Of(offset.Topic), $"{offset.Partition}", Number(offset.Committed), Number(offset.End), Number(offset.Lag), Text.Of(offset.Member));
            table.WriteTo(terminal);
        }
        if (group.Members.Count == 0) return;
        terminal.Line();
        var members = new Columns("member", "client", "host", "instance", "partitions");
        foreach (var member in group.Members) members.Add(Text.Of(member.Id), Text.Of(member.ClientId), Text.Of(member.Host), Text.Of(member.InstanceId), $"{member.Partitions}");
        members.WriteTo(terminal);
    }

    internal static string Number(long? value) => value is { } number ? $"{number}" : Text.Nothing;
}
