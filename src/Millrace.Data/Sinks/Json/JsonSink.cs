using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Millrace.Data;

/// <summary>Rows as objects: an array of them, or one on each line.</summary>
sealed class JsonSink(string? path, bool lines) : FileSink(path)
{
    public override string Kind => lines ? "jsonl" : "json";

    internal override string Extension => lines ? ".jsonl" : ".json";

    internal override FileWriter Start(string path, string name, Schema schema, RunContext context) => new Writer(OutputFile.Create(path, name), schema, lines);

    sealed class Writer(Stream file, Schema schema, bool lines) : FileWriter
    {
        const int Enough = 1 << 16;

        // As people read it: letters stay letters, and only what JSON demands is escaped.
        static readonly JsonWriterOptions options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

        readonly JsonEncodedText[] names = [.. schema.Select(f => JsonEncodedText.Encode(f.Name, options.Encoder))];
        readonly ArrayBufferWriter<byte> buffer = new(Enough * 2);
        readonly Utf8JsonWriter json = new(Stream.Null, options);

        internal override async ValueTask WriteAsync(Batch batch, CancellationToken cancel)
        {
            using (batch)
            {
                for (var row = 0; row < batch.Count; row++)
                {
                    WriteRow(batch, row);
                    if (buffer.WrittenCount >= Enough) await FlushAsync(cancel).ConfigureAwait(false);
                }
            }
        }

        void WriteRow(Batch batch, int row)
        {
            if (!lines) buffer.Write(Rows == 0 ? "[\n"u8 : ",\n"u8);
            json.Reset(buffer);
            json.WriteStartObject();
            for (var i = 0; i < names.Length; i++)
            {
                json.WritePropertyName(names[i]);
                JsonValueText.Write(json, batch[i], row);
            }
            json.WriteEndObject();
            json.Flush();
            if (lines) buffer.Write("\n"u8);
            Rows++;
        }

        async ValueTask FlushAsync(CancellationToken cancel)
        {
            await file.WriteAsync(buffer.WrittenMemory, cancel).ConfigureAwait(false);
            buffer.ResetWrittenCount();
        }

        internal override async Task FinishAsync(CancellationToken cancel)
        {
            if (!lines) buffer.Write(Rows == 0 ? "[]\n"u8 : "\n]\n"u8);
            await FlushAsync(cancel).ConfigureAwait(false);
            await file.FlushAsync(cancel).ConfigureAwait(false);
        }

        public override async ValueTask DisposeAsync()
        {
            await json.DisposeAsync().ConfigureAwait(false);
            await file.DisposeAsync().ConfigureAwait(false);
        }
    }
}
