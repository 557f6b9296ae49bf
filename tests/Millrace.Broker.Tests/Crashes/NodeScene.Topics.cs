using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Crashes;

sealed partial class NodeScene
{
    /// <summary>A topic that comes, changes and goes. A setting of null stands for a topic that isn't there.</summary>
    sealed class ChangingTopic(string name)
    {
        internal string Name => name;
        internal string? Known { get; set; }
        // What was asked for since, without an answer: any of it may have happened.
        internal HashSet<string> Perhaps { get; } = [];
        internal bool MayBeGone { get; set; }
        internal Guid Id { get; set; }
        internal List<string> Values { get; } = [];
        internal bool IsCertain => Perhaps.Count == 0 && !MayBeGone;
    }

    readonly ChangingTopic[] topics = [new("changing-0"), new("changing-1"), new("changing-2")];

    async Task StepOfAsync(ChangingTopic topic)
    {
        if (!topic.IsCertain)
        {
            await LearnAsync(topic);
            return;
        }
        if (topic.Known is null)
        {
            await MakeAsync(topic);
            return;
        }
        switch (random.Next(10))
        {
            case < 2:
                await DeleteAsync(topic);
                break;
            case < 5:
                await ConfigureAsync(topic);
                break;
            default:
                var value = $"t{++number}";
                var answer = await AskAsync<ProduceRequest, ProduceResponse>(BrokerClient.Produce(topic.Name, 0, Wire.Batch([value])), 12);
                var error = answer?.Responses[0].PartitionResponses[0].ErrorCode;
                Demand(error, $"{topic.Name} takes no record");
                if (error == ErrorCode.None) topic.Values.Add(value);
                break;
        }
    }

    string Setting() => $"{random.Next(1_000_000, 9_000_000)}";

    async Task MakeAsync(ChangingTopic topic)
    {
        var setting = Setting();
        var answer = await AskAsync<CreateTopicsRequest, CreateTopicsResponse>(new()
        {
            Topics = [new() { Name = topic.Name, NumPartitions = 2, ReplicationFactor = 1, Configs = [new() { Name = "retention.ms", Value = setting }] }],
        }, 7);
        Demand(answer?.Topics[0].ErrorCode, $"{topic.Name} can't be made");
        topic.Values.Clear();
        if (answer?.Topics[0].ErrorCode == ErrorCode.None) (topic.Known, topic.Id) = (setting, answer.Topics[0].TopicId);
        else
        {
            topic.Id = Guid.Empty;
            topic.Perhaps.Add(setting);
            topic.MayBeGone = true;
        }
    }

    async Task ConfigureAsync(ChangingTopic topic)
    {
        var setting = Setting();
        var answer = await AskAsync<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(new()
        {
            Resources = [new() { ResourceType = 2, ResourceName = topic.Name, Configs = [new() { Name = "retention.ms", Value = setting }] }],
        }, 1);
        Demand(answer?.Responses[0].ErrorCode, $"{topic.Name} can't be changed");
        if (answer?.Responses[0].ErrorCode == ErrorCode.None) topic.Known = setting;
        else topic.Perhaps.UnionWith([setting, topic.Known!]);
    }

    async Task DeleteAsync(ChangingTopic topic)
    {
        var answer = await AskAsync<DeleteTopicsRequest, DeleteTopicsResponse>(new() { Topics = [new() { Name = topic.Name }], TimeoutMs = 1000 }, 6);
        Demand(answer?.Responses[0].ErrorCode, $"{topic.Name} can't be deleted");
        if (answer?.Responses[0].ErrorCode == ErrorCode.None) (topic.Known, topic.Id) = (null, Guid.Empty);
        else
        {
            topic.MayBeGone = true;
            topic.Perhaps.Add(topic.Known!);
        }
    }

    async Task<(string? Setting, Guid Id)?> LookAsync(ChangingTopic topic)
    {
        var found = (await AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = topic.Name }], AllowAutoTopicCreation = false }, 12))?.Topics[0];
        if (found is null) return null;
        if (found.ErrorCode != ErrorCode.None) return (null, Guid.Empty);
        var configs = await AskAsync<DescribeConfigsRequest, DescribeConfigsResponse>(new() { Resources = [new() { ResourceType = 2, ResourceName = topic.Name, ConfigurationKeys = ["retention.ms"] }] }, 4);
        return configs is null ? null : (configs.Results[0].Configs[0].Value, found.TopicId);
    }

    async Task CheckAsync(ChangingTopic topic)
    {
        if (await LookAsync(topic) is not { } now) return;
        Holds(topic.IsCertain ? now.Setting == topic.Known : now.Setting is null ? topic.MayBeGone : topic.Perhaps.Contains(now.Setting),
            $"{topic.Name} is {now.Setting ?? "gone"}, and {topic.Known ?? "gone"} was acknowledged; asked for since: {string.Join(' ', topic.Perhaps)}{(topic.MayBeGone ? ", or gone" : "")}.");
        if (now.Setting is null) return;
        if (topic.Id != Guid.Empty) Holds(now.Id == topic.Id, $"{topic.Name} has the id {now.Id}, which was {topic.Id}.");
        var there = await ValuesAsync(topic.Name, 0, onlyCommitted: false);
        var wanted = topic.Values.ToHashSet();
        Holds(there.Where(wanted.Contains).SequenceEqual(topic.Values), $"{topic.Name} lost records: {string.Join(' ', topic.Values.Except(there))}.");
    }

    /// <summary>Takes what is there for what counts from now on.</summary>
    async Task LearnAsync(ChangingTopic topic)
    {
        if (topic.IsCertain || await LookAsync(topic) is not { } now || isDisturbed || disk.IsOff) return;
        await CheckAsync(topic);
        // A change makes certain what of earlier ones is on the disk.
        if (now.Setting is not null) topic.Id = now.Id;
        else topic.Values.Clear();
        (topic.Known, topic.MayBeGone) = (now.Setting, false);
        topic.Perhaps.Clear();
    }
}
