using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

static class AclsAdd
{
    internal static Command Create()
    {
        var options = new AclOptions();
        var command = new Command("add", "Adds rules: one for each thing and operation that is named.");
        options.AddTo(command);
        new ClusterOptions().SetAction(command, async (admin, session, parsed) =>
        {
            var (things, operations) = (options.Things(parsed), options.Operations(parsed));
            if (things.Count == 0) throw new UserErrorException("Say for which thing: --topic NAME, --group NAME, --transactional-id ID or --cluster.");
            if (operations.Count == 0) throw new UserErrorException("Say for which operation: --operation read, for example. --operation all means every one.");
            var principal = parsed.GetValue(options.Principal) ?? throw new UserErrorException("Say whose rule it is: --principal User:NAME");
            var acls = things.SelectMany(t => operations.Select(o => new Acl(t.Resource, t.Name, principal, o)
            {
                // There is one cluster, and no other begins as it does.
                Pattern = parsed.GetValue(options.Prefixed) && t.Resource != AclResource.Cluster ? AclPattern.Prefixed : AclPattern.Literal,
                Host = parsed.GetValue(options.Host) ?? "*",
                Permission = parsed.GetValue(options.Deny) ? AclEffect.Deny : AclEffect.Allow,
            })).ToList();
            await admin.CreateAclsAsync(acls, session.Cancellation);
            var added = acls.ConvertAll(AclView.Of);
            session.Show(added, KafkaViews.Default.IReadOnlyListAclView, terminal => AclOptions.Write(terminal, added));
        });
        return command;
    }
}
