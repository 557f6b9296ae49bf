using Millrace.Dags;
using Millrace.Execution;
using Millrace.Kafka;

namespace Millrace.Operators;

/// <summary>Which cluster a task means.</summary>
public static class Connecting
{
    /// <summary>The variable whose value, where there is one, is the bootstrap servers that tasks use.</summary>
    public const string Variable = HomeFolder.BrokerVariable;

    /// <summary>
    /// The cluster that tasks of this run use unless they are told another one: the bootstrap servers in the variable
    /// <c>kafka</c>, otherwise those in the file <c>kafka.properties</c> of the home folder, otherwise the broker that
    /// <c>millrace up</c> started beside it. Who to be there and how to encrypt, the file says by Kafka's names.
    /// </summary>
    public static async ValueTask<KafkaOptions> KafkaAsync(this TaskContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            var cluster = ClusterProperties.Choose(context.Home.KafkaProperties, await context.VariableAsync(Variable).ConfigureAwait(false), context.Home.ReadBrokerServers())
                ?? throw new FailTaskException($"Task '{context.TaskId}' uses Kafka, and no broker runs here. Set broker.port, which 'millrace up' starts one by, or name another's servers in the variable '{Variable}': millrace variables set {Variable} host:9092.");
            return cluster with { ClientId = $"millrace.{context.DagName}.{context.TaskId}", Logger = context.Logger };
        }
        catch (FormatException wrong)
        {
            throw new FailTaskException(wrong.Message, wrong);
        }
    }
}
