using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Data;

/// <summary>
/// Reports in JSON, as the result of a task that returns one: its figures, for people and for what reads results. A
/// report isn't read back: its rejects were rows of a process that has ended.
/// </summary>
sealed class ReportJson : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert == typeof(LoadReport) || typeToConvert == typeof(WriteReport);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) => typeToConvert == typeof(LoadReport) ? new Loads() : new Writes();

    sealed class Loads : WriteOnly<LoadReport>
    {
        public override void Write(Utf8JsonWriter writer, LoadReport value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            writer.WriteString("target", value.Target);
            writer.WriteString("mode", value.Mode.ToString());
            writer.WriteNumber("rowsIn", value.RowsIn);
            writer.WriteNumber("added", value.Added);
            writer.WriteNumber("changed", value.Changed);
            writer.WriteNumber("unchanged", value.Unchanged);
            writer.WriteNumber("deleted", value.Deleted);
            writer.WriteBoolean("wasLoadedBefore", value.WasLoadedBefore);
            writer.WriteNumber("rejected", value.Rejected);
            writer.WriteNumber("seconds", value.Elapsed.TotalSeconds);
            writer.WriteString("text", value.ToString());
            writer.WriteEndObject();
        }
    }

    sealed class Writes : WriteOnly<WriteReport>
    {
        public override void Write(Utf8JsonWriter writer, WriteReport value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            writer.WriteNumber("rows", value.Rows);
            writer.WriteNumber("bytes", value.Bytes);
            writer.WriteNumber("rejected", value.Rejects.Count);
            writer.WriteNumber("seconds", value.Elapsed.TotalSeconds);
            writer.WriteString("text", value.ToString());
            writer.WriteEndObject();
        }
    }

    abstract class WriteOnly<T> : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException($"A {typeof(T).Name} isn't handed from task to task. Return what the next task needs of it: report.Rejected, say, or a frame over what was loaded.");
    }
}
