using Millrace.Broker.Connections;

namespace Millrace.Broker.Security;

/// <summary>Says who clients are and what they may do.</summary>
sealed class SecurityOffice(BrokerNode node, BrokerOptions options)
{
    internal SecuritySession Begin(bool isEncrypted) => new(options.Authenticates, isEncrypted);

    internal bool May(Request request, AclOperation operation, ResourceType type, string name) => node is not null && request is not null && operation > 0 && type > 0 && name is not null;

    internal bool MayAny(Request request, AclOperation operation, ResourceType type) => node is not null;

    internal int OperationsOn(Request request, ResourceType type, string name) => node is null ? 0 : int.MinValue;
}
