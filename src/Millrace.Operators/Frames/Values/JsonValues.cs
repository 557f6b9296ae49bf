using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Millrace.Data;

namespace Millrace.Operators;

sealed class JsonValues : TopicValues
{
    const int MaxDepth = 64;

    internal override ValueDecoder Decode(Schema columns) => new Decoder(columns);

    internal override ValueEncoder Encode(string topic, Schema columns, string? key) => new Encoder(columns);

    internal override JsonObject? Describe() => null;

    sealed class Decoder(Schema columns) : ValueDecoder
    {
        readonly JsonRows rows = new(columns, MaxDepth, strict: false);

        internal override bool TryAdd(ReadOnlyMemory<byte> value, RecordBatch into) => rows.TryAdd(value.Span, into);

        public override void Dispose()
        {
        }
    }

    sealed class Encoder(Schema columns) : ValueEncoder
    {
        // As files of JSON have it: letters stay letters.
        static readonly JsonWriterOptions options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

        readonly JsonEncodedText[] names = [.. columns.Select(f => JsonEncodedText.Encode(f.Name, options.Encoder))];
        readonly ArrayBufferWriter<byte> buffer = new();
        readonly Utf8JsonWriter json = new(Stream.Null, options);
        Column[] cells = [];

        internal override void Begin(Batch batch) => cells = [.. columns.Select(f => batch[f.Name])];

        internal override ReadOnlyMemory<byte>? Encode(int row)
        {
            buffer.ResetWrittenCount();
            json.Reset(buffer);
            json.WriteStartObject();
            for (var i = 0; i < names.Length; i++)
            {
                json.WritePropertyName(names[i]);
                JsonValueText.Write(json, cells[i], row);
            }
            json.WriteEndObject();
            json.Flush();
            return buffer.WrittenMemory;
        }

        public override void Dispose() => json.Dispose();
    }
}
