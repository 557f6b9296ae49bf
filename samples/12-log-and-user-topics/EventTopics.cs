using Microsoft.Extensions.Logging;
using Millrace.Dags;

namespace Millrace.Samples;

/// <summary>Logs without keys, events of users by their keys, and a replay of both from the beginning.</summary>
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
        var userProducer = d.Produce("user_producer", Events, "user_topic", key: e => e.User);

        var logConsumer = d.Consume<string>("log_consumer", "log_topic");
        var userConsumer = d.Consume<UserEvent>("user_consumer", "user_topic");
        // A frame over a topic is all that is there, whatever groups have read.
        var replay = d.Task("replay", userConsumer, async (c, _) => await Topics.Read<UserEvent>(await c.KafkaAsync(), "user_topic").ToListAsync(c.Cancellation));
        d.Task("print", logConsumer, userConsumer, replay, Print);

        _ = logs >> logProducer >> logConsumer;
        _ = users >> userProducer >> userConsumer;
    });

    static UserEvent[] Events(TaskContext context) =>
        [new("user1", "login website"), new("user2", "login website"), new("user1", "click item"), new("user2", "click top page"), new("user1", "logout website")];

    static void Print(TaskContext context, TopicRecord<string>[] logs, TopicRecord<UserEvent>[] events, List<UserEvent> all)
    {
        context.Logger.LogInformation("{Logs} logs and {Events} events are new, {All} events are there in all", logs.Length, events.Length, all.Count);
        foreach (var e in events) Console.WriteLine($"{e.Topic}-{e.Partition} at {e.Offset}: {e.Value.User} {e.Value.Did}");
    }
}
