using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Connections;

/// <summary>What a broker can do: the requests it knows in which versions, and its features.</summary>
sealed class BrokerVersions(ApiVersionsResponse response)
{
    readonly Dictionary<short, (short Oldest, short Newest)> apis = response.ApiKeys.ToDictionary(a => a.ApiKey, a => (a.MinVersion, a.MaxVersion));

    readonly Dictionary<string, short> features = response.FinalizedFeatures.ToDictionary(f => f.Name, f => f.MaxVersionLevel);

    /// <summary>The level of a feature that the cluster has settled on, 0 if it hasn't.</summary>
    internal short Feature(string name) => features.GetValueOrDefault(name);

    internal bool Knows(ApiKey api) => apis.ContainsKey((short)api);

    /// <summary>The newest version that both sides know.</summary>
    internal short Pick<TRequest>(short most = short.MaxValue) where TRequest : IMessage<TRequest>
    {
        if (!apis.TryGetValue((short)TRequest.Api, out var theirs)) throw new KafkaException(ErrorCode.UnsupportedVersion, $"The broker doesn't know the request {TRequest.Api}. It needs a newer broker.");
        var newest = Math.Min(Math.Min(theirs.Newest, TRequest.Newest), most);
        if (newest < theirs.Oldest || newest < TRequest.Oldest)
            throw new KafkaException(ErrorCode.UnsupportedVersion, $"The broker takes the request {TRequest.Api} in versions {theirs.Oldest} to {theirs.Newest}, we speak {TRequest.Oldest} to {Math.Min(TRequest.Newest, most)}. Use a newer broker.");
        return newest;
    }
}
