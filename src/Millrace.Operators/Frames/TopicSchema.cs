using Millrace.Data;

namespace Millrace.Operators;

/// <summary>The columns of a topic: those of the values, then those of the records.</summary>
sealed class TopicSchema
{
    static readonly Schema record = new(
        new Field("kafka_key", DataType.Text),
        new Field("kafka_partition", DataType.Int32, Nullable: false),
        new Field("kafka_offset", DataType.Int64, Nullable: false),
        new Field("kafka_timestamp", DataType.Instant, Nullable: false));

    TopicSchema(Schema values) => (Values, All) = (values, new Schema(values.Concat(record)));

    internal Schema Values { get; }

    internal Schema All { get; }

    /// <summary>Columns that are called like one of the record, as properties are spelt or otherwise, are the record's.</summary>
    internal static TopicSchema Of(Schema columns) => new(new Schema(columns.Where(c => !record.TryIndexOf(c.Name, out _) && !record.Any(r => Plain(r.Name) == Plain(c.Name)))));

    static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();
}
