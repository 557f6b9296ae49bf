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
    /// values have the properties of <typeparamref name="T"/>; properties called KafkaKey, KafkaPartition, KafkaOffset and
    /// KafkaTimestamp are those of the record. A <typeparamref name="T"/> that is a number or a text is the value itself.
    /// </summary>
    /// <param name="bad">What becomes of records that have no such value. Null leaves it to the run.</param>
    /// <param name="values">How values hold the columns. Null for <see cref="TopicValues.Json"/>.</param>
    public static Frame<T> Read<T>(KafkaOptions kafka, string topic, Bad? bad = null, TopicValues? values = null)
    {
        var rows = Open(kafka, topic, RowWriter<T>.Schema, bad, values);
        // A number or a text by itself has no properties for the record's own columns.
        return (RowShape.Of<T>().IsSingleValue ? rows.Select(RowWriter<T>.Schema[0].Name) : rows).As<T>();
    }

    /// <inheritdoc cref="Read{T}(KafkaOptions, string, Bad?, TopicValues?)"/>
    /// <param name="columns">Those of the values. The columns kafka_key, kafka_partition, kafka_offset and kafka_timestamp come behind them.</param>
    public static Frame Read(KafkaOptions kafka, string topic, Schema columns, Bad? bad = null, TopicValues? values = null) => Open(kafka, topic, columns, bad, values);

    /// <summary>
    /// A topic to write a frame to: each row a record, whose value is its columns, without those called as the record's own
    /// (kafka_key and so on). A row with a key and no other value is a record without a value, as one is read. All records
    /// become visible at once to consumers that read what is committed.
    /// </summary>
    /// <param name="key">The column that is the key of the record. Null for records without keys.</param>
    /// <param name="values">How values hold the columns. Null for <see cref="TopicValues.Json"/>.</param>
    public static ISink Write(KafkaOptions kafka, string topic, string? key = null, TopicValues? values = null) => new TopicSink(kafka, topic, key, values ?? TopicValues.Json);

    static Frame Open(KafkaOptions kafka, string topic, Schema columns, Bad? bad, TopicValues? values)
    {
        var (schema, format) = (TopicSchema.Of(columns), values ?? TopicValues.Json);
        // Columns that the format can't have are refused here, where they are asked for, and not where a frame runs.
        format.Decode(schema.Values).Dispose();
        return Frame.From(new TopicSource(kafka, topic, schema, format, bad));
    }

#pragma warning disable CA2255 // A plan that names a topic may be read before any code of this room runs: see SourceKinds.
    [ModuleInitializer]
    internal static void MakeKnown() => SourceKinds.Add(SourceKinds.Topic, TopicSource.Open);
#pragma warning restore CA2255
}
