using System.Buffers;
using System.Text;
using Microsoft.Extensions.Logging;
using Millrace.Dags;
using Millrace.Kafka;

namespace Millrace.Samples;

/// <summary>Logs without keys, events of users by their keys, and a replay from the beginning. Values are plain text, as kafka-console-producer writes them: both can write to one topic.</summary>
public static class EventTopics
{
    public sealed record UserEvent(string User, string Did);

    public static Dag Dag { get; } = Dag.Build("event_topics", d =>
    {
        d.Description = "Produces to log_topic and user_topic, and reads them: what is new, and all there is.";
        var logs = d.CreateTopic("create_log_topic", "log_topic", partitions: 2);
        var users = d.CreateTopic("create_user_topic", "user_topic", partitions: 2);

        var logProducer = d.Produce("log_producer", _ => new[] { "log1", "log2" }, "log_topic");
        // All events of a user come to one partition, in the order of their sending.
        var userProducer = d.Produce("user_producer", Events, "user_topic", key: e => e.User, new() { Values = new WhatTheyDid() });

        var logConsumer = d.Consume<string>("log_consumer", "log_topic");
        var userConsumer = d.Consume<string>("user_consumer", "user_topic");
        var replay = d.Task("replay", userConsumer, ReplayAsync);
        d.Task("print", logConsumer, userConsumer, replay, Print);

        _ = logs >> logProducer >> logConsumer;
        _ = users >> userProducer >> userConsumer;
    });

    static UserEvent[] Events(TaskContext context) =>
        [new("user1", "login website"), new("user2", "login website"), new("user1", "click item"), new("user2", "click top page"), new("user1", "logout website")];

    /// <summary>All that is there, whatever groups have read: without a group, reading begins at the beginning.</summary>
    static async Task<int> ReplayAsync(TaskContext context, TopicRecord<string>[] events)
    {
        await using var kafka = new KafkaClient(await context.KafkaAsync());
        await using var consumer = kafka.CreateConsumer<string?, string>(new() { Topics = ["user_topic"] });
        var all = 0;
        await foreach (var record in consumer.ReadToEndAsync(context.Cancellation)) all++;
        return all;
    }

    static void Print(TaskContext context, TopicRecord<string>[] logs, TopicRecord<string>[] events, int all)
    {
        context.Logger.LogInformation("{Logs} logs and {Events} events are new, {All} events are there in all", logs.Length, events.Length, all);
        foreach (var e in events) Console.WriteLine($"{e.Topic}-{e.Partition} at {e.Offset}: {e.Key} {e.Value}");
    }

    /// <summary>The user is the key; the value is what they did.</summary>
    sealed class WhatTheyDid : IRecordFormat<UserEvent>
    {
        public void Write(UserEvent value, IBufferWriter<byte> output) => Encoding.UTF8.GetBytes(value.Did, output);

        public UserEvent Read(ReadOnlyMemory<byte> bytes) => new("", Encoding.UTF8.GetString(bytes.Span));
    }
}
