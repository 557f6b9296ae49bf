using System.Text.Json.Nodes;
using Millrace.Data;

namespace Millrace.Operators;

/// <summary>
/// How the values of a topic's records hold the columns of a frame:
/// <code>
/// var users = Topics.Read&lt;User&gt;(kafka, "users", values: TopicValues.Csv(new() { Delimiter = ';' }));
/// await counts.WriteAsync(Topics.Write(kafka, "counts", key: "Name", values: TopicValues.Plain));
/// </code>
/// </summary>
public abstract class TopicValues
{
    private protected TopicValues()
    {
    }

    /// <summary>An object with a member for each column. Members that are no column are left out.</summary>
    public static TopicValues Json { get; } = new JsonValues();

    /// <summary>
    /// One column, as Apache Kafka's own serialisers write it: text, binary, integers of 16, 32 and 64 bits, floats and UUIDs.
    /// Null is a record without a value.
    /// </summary>
    public static TopicValues Plain { get; } = new PlainValues();

    /// <summary>A line with a field for each column, in their order and without a header. A line end is part of a quoted field.</summary>
    /// <param name="options">As for <see cref="Data.Csv.Read{T}(string, CsvOptions?)"/>; a comma, unless they name another delimiter. What is about files isn't taken.</param>
    public static TopicValues Csv(CsvOptions? options = null) => new CsvValues(options ?? CsvOptions.Default);

    /// <summary>What becomes of bad values, where the format itself says so.</summary>
    internal virtual Bad? Bad => null;

    /// <exception cref="PlanException">Values can't be read as these columns.</exception>
    internal abstract ValueDecoder Decode(Schema columns);

    /// <param name="columns">Those of the frame, without those that are called as the record's own.</param>
    /// <param name="key">The column that is the key, if there is one.</param>
    /// <exception cref="PlanException">The columns can't be written like this.</exception>
    internal abstract ValueEncoder Encode(string topic, Schema columns, string? key);

    /// <summary>Null for JSON, which is what it is where nothing is said.</summary>
    internal abstract JsonObject? Describe();

    internal static TopicValues Open(JsonNode? description) => description switch
    {
        null => Json,
        JsonObject csv when csv["format"]?.GetValue<string>() == CsvValues.Format => new CsvValues(CsvOptions.Read(csv)),
        JsonObject plain when plain["format"]?.GetValue<string>() == PlainValues.Format => Plain,
        _ => throw new PlanException($"A plan reads values of the format {description.ToJsonString()}, which this version doesn't know: it knows JSON, {CsvValues.Format} and {PlainValues.Format}. Read the plan with the version that made it."),
    };
}

/// <summary>Reads values into the first columns of a batch.</summary>
abstract class ValueDecoder : IDisposable
{
    /// <summary>Adds the columns of a row that has begun; false where it has been refused.</summary>
    internal abstract bool TryAdd(ReadOnlyMemory<byte> value, RecordBatch rows);

    public abstract void Dispose();
}

/// <summary>Writes the rows of one batch after the other as values.</summary>
abstract class ValueEncoder : IDisposable
{
    internal abstract void Begin(Batch batch);

    /// <summary>Good until the next one; null for a record without a value.</summary>
    internal abstract ReadOnlyMemory<byte>? Encode(int row);

    public abstract void Dispose();
}
