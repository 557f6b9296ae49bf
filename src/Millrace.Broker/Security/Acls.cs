namespace Millrace.Broker.Security;

static class Acls
{
    /// <summary>The name of the only cluster there is, as rules name it.</summary>
    internal const string ClusterName = "kafka-cluster";
}
