using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

static class AclsList
{
    internal static Command Create()
    {
        var options = new AclOptions();
        var command = new Command("list", "Lists the rules: all, or those that count for what is named.");
        options.AddTo(command);
        new ClusterOptions().SetAction(command, async (admin, session, parsed) =>
        {
            var found = new List<Acl>();
            foreach (var filter in options.Filters(parsed, AclPattern.Match)) found.AddRange(await admin.ListAclsAsync(filter, session.Cancellation));
            var acls = found.Distinct().Select(AclView.Of).ToList();
            session.Show(acls, KafkaViews.Default.IReadOnlyListAclView, terminal =>
            {
                if (acls.Count == 0) terminal.Line("No such rules.");
                else AclOptions.Write(terminal, acls);
            });
        });
        return command;
    }
}
