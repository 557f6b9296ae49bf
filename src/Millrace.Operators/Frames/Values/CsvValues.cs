using System.Text;
using System.Text.Json.Nodes;
using Millrace.Data;

namespace Millrace.Operators;

sealed class CsvValues : TopicValues
{
    internal const string Format = "csv";

    readonly CsvOptions options;

    internal CsvValues(CsvOptions options)
    {
        Refuse(options.Header == Header.Yes, nameof(options.Header), "a record has no header");
        Refuse(options.SkipLines > 0, nameof(options.SkipLines), "a record is one line");
        Refuse(options.Comment is not null, nameof(options.Comment), "a record is one line, and each one is a row");
        Refuse(options.Encoding is not (null or UTF8Encoding), nameof(options.Encoding), "records are read and written as UTF-8");
        Refuse(options.Columns is not null || options.Types.Count > 0, options.Columns is null ? nameof(options.Types) : nameof(options.Columns), "columns are given beside the topic's name");
        this.options = options;

        static void Refuse(bool isSet, string name, string why)
        {
            if (isSet) throw new ArgumentException($"CsvOptions.{name} is about files: {why}. Leave it out for the values of a topic.", nameof(options));
        }
    }

    internal override Bad? Bad => options.Bad;

    internal override ValueDecoder Decode(Schema columns)
    {
        ValueText.MustBeFlat(columns);
        return new Decoder(new CsvRows(columns, options));
    }

    internal override ValueEncoder Encode(string topic, Schema columns, string? key)
    {
        ValueText.MustBeFlat(columns);
        var unread = options.DecimalSeparator != '.' ? nameof(options.DecimalSeparator)
            : options.DateFormat is not null ? nameof(options.DateFormat)
            : options.TimeFormat is not null ? nameof(options.TimeFormat)
            : options.TimestampFormat is not null ? nameof(options.TimestampFormat)
            : options.Nulls.Count > 0 ? nameof(options.Nulls)
            : null;
        if (unread is not null)
            throw new PlanException($"CsvOptions.{unread} is for reading: lines are written with decimal points, ISO 8601 and the empty field for null. Leave it out to write topic '{topic}', or make texts of the columns.");
        return new Encoder(columns, new LineWriter(new CsvWriteOptions { Delimiter = options.Delimiter ?? ',', Quote = options.Quote }, topic));
    }

    internal override JsonObject Describe()
    {
        var description = new JsonObject { ["format"] = Format };
        options.Describe(description);
        return description;
    }

    sealed class Decoder(CsvRows rows) : ValueDecoder
    {
        internal override bool TryAdd(ReadOnlyMemory<byte> value, RecordBatch into) => rows.TryAdd(value.Span, into);

        public override void Dispose() => rows.Dispose();
    }

    sealed class Encoder(Schema columns, LineWriter writer) : ValueEncoder
    {
        readonly WrittenLines line = new(rows: 0);
        BatchMemory memory = new();
        BytesColumn[] texts = [];

        internal override void Begin(Batch batch)
        {
            memory.Dispose();
            memory = new BatchMemory();
            texts = [.. columns.Select(f => ValueText.Of(batch[f.Name], memory))];
        }

        internal override ReadOnlyMemory<byte>? Encode(int row)
        {
            line.Clear();
            writer.Row(texts, row, line);
            return line.Bytes;
        }

        public override void Dispose()
        {
            memory.Dispose();
            line.Dispose();
        }
    }
}
