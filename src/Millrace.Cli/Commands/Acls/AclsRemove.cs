using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

static class AclsRemove
{
    internal static Command Create()
    {
        var options = new AclOptions();
        var command = new Command("remove", "Removes the rules that are exactly as it is said, and shows them.");
        options.AddTo(command);
        new ClusterOptions().SetAction(command, async (admin, session, parsed) =>
        {
            if (options.Things(parsed).Count == 0 && parsed.GetValue(options.Principal) is null)
                throw new UserErrorException("Say which rules: --principal User:NAME, --topic NAME, --group NAME, --transactional-id ID or --cluster. 'millrace acls list' shows them.");
            var removed = new List<Acl>();
            foreach (var filter in options.Filters(parsed, AclPattern.Literal)) removed.AddRange(await admin.DeleteAclsAsync(filter, session.Cancellation));
            var acls = removed.ConvertAll(AclView.Of);
            session.Show(acls, KafkaViews.Default.IReadOnlyListAclView, terminal =>
            {
                if (acls.Count == 0) terminal.Line("There are no such rules: none is removed.");
                else AclOptions.Write(terminal, acls);
            });
        });
        return command;
    }
}
