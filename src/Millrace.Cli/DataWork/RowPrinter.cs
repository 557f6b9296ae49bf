using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Millrace.Data;

namespace Millrace.Cli.DataWork;

/// <summary>Prints the rows of a frame for programs as they come, spelled as files spell them.</summary>
static class RowPrinter
{
    static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    internal static async Task JsonAsync(Frame frame, RunContext run, Stream output, CancellationToken cancel)
    {
        var names = frame.Schema.Names.Select(n => JsonEncodedText.Encode(n, Readable.Encoder)).ToArray();
        var buffer = new ArrayBufferWriter<byte>();
        await using var writer = new Utf8JsonWriter(buffer, Readable);
        writer.WriteStartArray();
        await foreach (var batch in frame.ReadBatchesAsync(run, cancel))
        {
            Write(writer, batch, names);
            await FlushAsync();
        }
        writer.WriteEndArray();
        await FlushAsync();

        async Task FlushAsync()
        {
            writer.Flush();
            await output.WriteAsync(buffer.WrittenMemory, cancel);
            await output.FlushAsync(cancel);
            buffer.ResetWrittenCount();
        }
    }

    static void Write(Utf8JsonWriter writer, Batch batch, JsonEncodedText[] names)
    {
        for (var row = 0; row < batch.Count; row++)
        {
            writer.WriteStartObject();
            for (var i = 0; i < names.Length; i++)
            {
                writer.WritePropertyName(names[i]);
                JsonValueText.Write(writer, batch[i], row);
            }
            writer.WriteEndObject();
        }
    }

    internal static async Task CsvAsync(Frame frame, RunContext run, Stream output, CancellationToken cancel)
    {
        var lines = new LineWriter(CsvWriteOptions.Default, "the output");
        using (var header = lines.Header(frame.Schema)) await output.WriteAsync(header.Bytes, cancel);
        await foreach (var batch in frame.ReadBatchesAsync(run, cancel))
        {
            using (var text = lines.Write(Flat(batch))) await output.WriteAsync(text.Bytes, cancel);
            await output.FlushAsync(cancel);
        }
    }

    // Files of delimited text refuse nested values; on a screen or in a pipe they are JSON.
    static Batch Flat(Batch batch)
    {
        if (!batch.Schema.Any(f => f.Type.IsNested)) return batch;
        var schema = new Schema(batch.Schema.Select(f => f.Type.IsNested ? f with { Type = DataType.Text } : f));
        return new Batch(schema, batch.Count, batch.Columns.ToArray().Select(c => c.Type.IsNested ? Json(c) : c).ToArray(), batch.Memory);
    }

    static Column Json(Column nested)
    {
        var texts = (BytesBuilder)ColumnBuilder.For(DataType.Text);
        for (var row = 0; row < nested.Count; row++)
        {
            if (nested.IsNull(row)) texts.AddNull();
            else texts.Add(JsonValueText.Text(nested, row).AsSpan());
        }
        return texts.Build();
    }
}
