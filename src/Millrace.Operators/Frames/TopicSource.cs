using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Millrace.Data;
using Millrace.Kafka;

namespace Millrace.Operators;

/// <summary>The records of a topic, one partition after the other, so that the order of rows is always the same.</summary>
sealed class TopicSource(KafkaOptions kafka, string topic, TopicSchema schema, TopicValues values, Bad? bad) : ISource
{
    public string Kind => SourceKinds.Topic;

    public Schema Schema => schema.All;

    /// <summary>A cluster that wants to know who we are, or that TLS is set for, is not described: no password and no certificate travels with a plan.</summary>
    public JsonObject? Describe()
    {
        if (kafka.Sasl is not null || kafka.Tls is not null) return null;
        var description = new JsonObject { ["servers"] = kafka.BootstrapServers, ["topic"] = topic };
        if (values.Describe() is { } format) description["values"] = format;
        SourceText.Describe(description, schema.Values, bad);
        return description;
    }

    internal static ISource Open(JsonObject description) => new TopicSource(
        new KafkaOptions { BootstrapServers = description["servers"]!.GetValue<string>() },
        description["topic"]!.GetValue<string>(),
        TopicSchema.Of(SourceText.Columns(description)!),
        TopicValues.Open(description["values"]),
        SourceText.BadRows(description));

    public async ValueTask<SourceSize?> MeasureAsync(CancellationToken cancel)
    {
        var client = new KafkaClient(kafka);
        await using var closing = client.ConfigureAwait(false);
        var begins = await client.Admin.ListOffsetsAsync(topic, OffsetSpec.Earliest, cancel).ConfigureAwait(false);
        var ends = await client.Admin.ListOffsetsAsync(topic, OffsetSpec.Latest, cancel).ConfigureAwait(false);
        return new SourceSize(Rows: ends.Sum(e => (e.Value.Offset ?? 0) - (begins[e.Key].Offset ?? 0)));
    }

    public IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, CancellationToken cancel) =>
        WholeRows.ReadAsync(Schema, request with { Bad = bad ?? values.Bad ?? request.Bad }, ReadColumnsAsync, cancel);

    async IAsyncEnumerable<Batch> ReadColumnsAsync(ReadRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        var client = new KafkaClient(kafka);
        await using var closing = client.ConfigureAwait(false);
        var ends = await client.Admin.ListOffsetsAsync(topic, OffsetSpec.Latest, cancel).ConfigureAwait(false);
        var none = PartitionColumns.Of([Named(topic)]);
        var rows = new RecordBatch(request, Schema, none, Kind, _ => "Correct what produces the record, change the column's type, or reject bad rows.");
        using var decoder = values.Decode(schema.Values);
        foreach (var (partition, end) in ends.Where(e => e.Value.Offset > 0).OrderBy(e => e.Key.Partition))
        {
            rows.BeginFile(Named(partition.ToString()));
            var consumer = client.CreateConsumer<string, ReadOnlyMemory<byte>?>(new ConsumerOptions { Partitions = [partition] }, values: OptionalBytes.Format);
            await using var ending = consumer.ConfigureAwait(false);
            await foreach (var record in consumer.ReadToEndAsync(cancel).ConfigureAwait(false))
            {
                if (record.Offset >= end.Offset) break;
                rows.BeginRow(record.Offset);
                if (record.Value is { } read) request.BytesRead?.Invoke(read.Length);
                if (record.Value is not { } value || decoder.TryAdd(value, rows)) End(rows, record);
                if (rows.IsFull) yield return rows.Build();
                if (rows.IsEnough) break;
            }
            if (rows.Count > 0) yield return rows.Build();
            if (rows.IsEnough) yield break;
        }
        rows.Finish();
    }

    void End(RecordBatch rows, ConsumerRecord<string, ReadOnlyMemory<byte>?> record)
    {
        var at = schema.Values.Count;
        rows[at]?.AddValue(record.Key);
        rows[at + 1]?.AddValue(record.Partition);
        rows[at + 2]?.AddValue(record.Offset);
        rows[at + 3]?.AddValue(record.Timestamp);
        rows.EndRow();
    }

    // Rows say that they come from here; there is nothing to open.
    static InputFile Named(string name) => new(name, _ => throw new NotSupportedException($"{name} is no file."));
}
