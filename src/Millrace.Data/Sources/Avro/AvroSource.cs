namespace Millrace.Data;

/// <summary>Avro's object container files. What their schema says is what the columns are.</summary>
sealed class AvroSource(IReadOnlyList<string> paths, InputLimits limits) : RecordSource(paths, limits)
{
    readonly InputLimits limits = limits;

    public override string Kind => "avro";

    internal static AvroSource Open(System.Text.Json.Nodes.JsonObject description) => new(SourceText.Paths(description), InputLimits.Default);

    private protected override Schema? Given => null;
    private protected override Bad? Bad => Data.Bad.Fail;
    private protected override string Remedy => "Write the file again.";
    private protected override string? Inspector => null;
    private protected override int InferRows => 0;

    private protected override InferredSchema Infer(IReadOnlyList<InputFile> files, long rows, CancellationToken cancel)
    {
        using var input = files[0].OpenAsync(cancel).AsTask().GetAwaiter().GetResult();
        return new InferredSchema(((StructType)new AvroFile(input, files[0].Name, limits).Root.Type).Fields, []);
    }

    private protected override RecordReader Open(InputFile file, Stream input) => new Reader(new AvroFile(input, file.Name, limits), file.Name, Schema);

    sealed class Reader : RecordReader
    {
        readonly AvroFile file;
        readonly string name;
        readonly int[] places;
        ReadOnlyMemory<byte> block;
        long left, row;
        int at;

        internal Reader(AvroFile file, string name, Schema schema)
        {
            (this.file, this.name) = (file, name);
            places = [.. file.Root.Fields.Select(f => schema.TryIndexOf(f.Name, out var index) && schema[index].Type == f.Type.Type ? index
                : throw new BadDataException($"'{name}' has a column '{f.Name}' of {f.Type.Type}, which the files before it haven't. Read them apart.", name, column: f.Name))];
        }

        internal override bool Read(RecordBatch into)
        {
            while (left == 0)
            {
                if (block.Length != at) throw Broken($"a block has {block.Length - at} bytes behind its last row");
                if (!file.NextBlock(out block, out left)) return false;
                at = 0;
            }
            left--;
            into.BeginRow(++row);
            try
            {
                var cursor = new AvroCursor(block.Span[at..]);
                for (var i = 0; i < places.Length; i++) AvroColumns.Add(ref cursor, file.Root.Fields[i], into[places[i]]);
                at += cursor.Position;
            }
            catch (InvalidDataException e)
            {
                throw Broken(e.Message, e);
            }
            into.EndRow();
            return true;
        }

        BadDataException Broken(string why, Exception? e = null) => new($"{name}, row {row}: {why}. Fetch or write the file again.", name, row, inner: e);

        public override void Dispose() { }
    }
}
