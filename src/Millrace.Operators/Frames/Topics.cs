using System.Runtime.CompilerServices;
using Millrace.Data;
using Millrace.Kafka;

namespace Millrace.Operators;

/// <summary>
/// Topics as frames:
/// <code>
/// var kafka = await context.KafkaAsync();
/// var users = Topics.Read&lt;User&gt;(kafka, "users");
/// await users.Where(u => u.Age > 17).WriteAsync(Topics.Write(kafka, "adults", key: "Name"));
/// </code>
/// </summary>
public static class Topics
{
    /// <summary>
    /// The records of a topic up to where its partitions end when the reading begins, ordered by partition and offset. Their
    /// values are JSON with the properties of <typeparamref name="T"/>; properties called KafkaKey, KafkaPartition, KafkaOffset
    /// and KafkaTimestamp are those of the record.
    /// </summary>
    /// <param name="bad">What becomes of records that aren't such JSON. Null leaves it to the run.</param>
    public static Frame<T> Read<T>(KafkaOptions kafka, string topic, Bad? bad = null) => Frame.From(new TopicSource(kafka, topic, TopicSchema.Of(RowWriter<T>.Schema), bad)).As<T>();

    /// <inheritdoc cref="Read{T}(KafkaOptions, string, Bad?)"/>
    /// <param name="columns">The members of the values. The columns kafka_key, kafka_partition, kafka_offset and kafka_timestamp come behind them.</param>
    public static Frame Read(KafkaOptions kafka, string topic, Schema columns, Bad? bad = null) => Frame.From(new TopicSource(kafka, topic, TopicSchema.Of(columns), bad));

    /// <summary>A topic to write a frame to: each row a record, whose value is its columns as JSON. All records become visible at once to consumers that read what is committed.</summary>
    /// <param name="key">The column that is the key of the record, too. Null for records without keys.</param>
    public static ISink Write(KafkaOptions kafka, string topic, string? key = null) => new TopicSink(kafka, topic, key);

#pragma warning disable CA2255 // A plan that names a topic may be read before any code of this room runs: see SourceKinds.
    [ModuleInitializer]
    internal static void MakeKnown() => SourceKinds.Add(SourceKinds.Topic, TopicSource.Open);
#pragma warning restore CA2255
}
