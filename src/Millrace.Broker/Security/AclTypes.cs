namespace Millrace.Broker.Security;

/// <summary>As the wire numbers them.</summary>
enum ResourceType : sbyte
{
    Any = 1,
    Topic = 2,
    Group = 3,
    Cluster = 4,
    TransactionalId = 5,
}
