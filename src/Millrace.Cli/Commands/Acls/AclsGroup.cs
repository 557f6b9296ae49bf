using System.CommandLine;

namespace Millrace.Cli.Commands;

static class AclsGroup
{
    internal const string Says = "Shows, adds and removes rules (ACLs): who may do what in a Kafka cluster.";

    internal static Command Create() => new("acls", Says)
    {
        AclsList.Create(),
        AclsAdd.Create(),
        AclsRemove.Create(),
    };
}
