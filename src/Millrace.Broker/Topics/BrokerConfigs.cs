using System.Text;
using Millrace.Broker.State;

namespace Millrace.Broker.Topics;

/// <summary>Settings of the broker that were changed while it ran: they are over those that it's started with.</summary>
static class BrokerConfigs
{
    internal static BrokerSettings Load(StateLog state, IReadOnlyDictionary<string, string> given)
    {
        var all = given.ToDictionary();
        foreach (var (name, value) in state.All(StateKind.BrokerConfig)) all[name] = Encoding.UTF8.GetString(value);
        return new(all);
    }

    internal static ConfigSource SourceOf(BrokerNode node, string name) =>
        node.State.Find(StateKind.BrokerConfig, name) is null ? ConfigSource.StaticBroker : ConfigSource.DynamicBroker;
}
