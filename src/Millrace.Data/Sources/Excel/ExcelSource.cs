using System.Text.Json.Nodes;

namespace Millrace.Data;

/// <summary>A sheet of an .xlsx file, its rows read as a stream.</summary>
sealed class ExcelSource(IReadOnlyList<string> paths, string? sheet, ExcelOptions options) : RecordSource(paths, options.Limits)
{
    public override string Kind => "excel";

    private protected override Schema? Given => options.Columns;
    private protected override Bad? Bad => options.Bad;

    private protected override string Remedy => "Correct the sheet, change the column's type, or reject bad rows.";
    private protected override string Inspector => "Excel.InspectAsync";
    private protected override int InferRows => options.InferRows;

    public override JsonObject? Describe()
    {
        var description = base.Describe()!;
        if (sheet is not null) description["sheet"] = sheet;
        if (options.Range is not null) description["range"] = options.Range;
        if (!options.Header) description["header"] = false;
        if (options.RenameDuplicates) description["renameDuplicates"] = true;
        SourceText.Describe(description, options.Columns, options.Bad);
        SourceText.Describe(description, "inferRows", options.InferRows, ExcelOptions.Default.InferRows);
        SourceText.Describe(description, options.Limits);
        return description;
    }

    internal static ExcelSource Open(JsonObject description) => new(SourceText.Paths(description), description["sheet"]?.GetValue<string>(), new ExcelOptions
    {
        Range = description["range"]?.GetValue<string>(),
        Header = description["header"]?.GetValue<bool>() ?? true,
        RenameDuplicates = description["renameDuplicates"]?.GetValue<bool>() ?? false,
        Columns = SourceText.Columns(description),
        Bad = SourceText.BadRows(description),
        InferRows = SourceText.Number(description, "inferRows", ExcelOptions.Default.InferRows),
        Limits = SourceText.Limits(description),
    });

    private protected override RecordReader Open(InputFile file, Stream input) => new Reader(ExcelBook.Open(file, options.Limits), sheet, options, new Schema(Schema.Where(f => !Partitions.Fields.Contains(f.Name))));

    private protected override InferredSchema Infer(IReadOnlyList<InputFile> files, long most, CancellationToken cancel)
    {
        var (names, evidence, left) = (new List<string>(), new List<TypeEvidence>(), most);
        foreach (var file in files)
        {
            if (left == 0) break;
            using var book = ExcelBook.Open(file, options.Limits);
            using var rows = new ExcelRows(book, sheet, ExcelRange.Of(options.Range));
            var header = options.Header && rows.Next() is { } first ? NamesOf(first, book.Name, options) : null;
            // The columns are the first file's; others have them in an order of their own.
            if (file == files[0]) (names, evidence) = (header ?? names, [.. (header ?? names).Select(_ => new TypeEvidence())]);
            var places = header is null || file == files[0] ? null : header.ConvertAll(n => n.Length > 0 ? names.IndexOf(n) : -1);
            for (; left > 0 && rows.Next() is { } cells; left--)
            {
                cancel.ThrowIfCancellationRequested();
                for (var i = 0; i < cells.Count; i++)
                {
                    if (i == evidence.Count && !options.Header && file == files[0]) evidence.Add(new());
                    var at = places is null ? i : i < places.Count ? places[i] : -1;
                    if (at >= 0 && at < evidence.Count) cells[i].AddTo(evidence[at], rows.Row, book.From1904);
                }
            }
        }
        if (evidence.Count == 0) throw new BadDataException($"'{files[0].Name}' has nothing {(sheet is null ? "in its first sheet" : $"in sheet '{sheet}'")} to find columns from. Name another sheet or range, or give the Columns.", files[0].Name);
        if (!options.Header) names = [.. evidence.Select((_, i) => $"column{i + 1}")];
        var found = new List<ColumnEvidence>();
        // A blank heading above blank cells is no column.
        var fields = names.Select((n, i) => (Name: n, Evidence: evidence[i])).Where(c => c.Name.Length > 0).Select(c => new Field(c.Name, c.Evidence.Type(c.Name, found, left > 0, most - left)));
        return new InferredSchema(new Schema(fields), found);
    }

    static List<string> NamesOf(IReadOnlyList<ExcelCell> header, string file, ExcelOptions options)
    {
        var end = header.Count;
        while (end > 0 && header[end - 1].Raw is null or "") end--;
        var start = 0;
        while (start < end && header[start].Raw is null or "") start++;
        var named = HeaderNames.Of([.. header.Skip(start).Take(end - start).Select(c => (c.Raw ?? "").Trim())], file, options.RenameDuplicates).Names;
        return [.. Enumerable.Repeat("", start), .. named];
    }

    sealed class Reader : RecordReader
    {
        readonly ExcelBook book;
        readonly ExcelRows rows;
        readonly int[] columns;

        internal Reader(ExcelBook book, string? sheet, ExcelOptions options, Schema schema)
        {
            this.book = book;
            try
            {
                rows = new ExcelRows(book, sheet, ExcelRange.Of(options.Range));
                columns = [.. Enumerable.Range(0, schema.Count)];
                if (!options.Header || rows.Next() is not { } header) return;
                var names = NamesOf(header, book.Name, options);
                columns = [.. names.Select(n => n.Length > 0 && schema.TryIndexOf(n, out var at) ? at : -1)];
                if (schema.Where((_, i) => !columns.Contains(i)).FirstOrDefault() is { } missing)
                    throw new BadDataException($"'{book.Name}' has no column '{missing.Name}'. Its columns are {string.Join(", ", names.Where(n => n.Length > 0))}.", book.Name, column: missing.Name);
            }
            catch
            {
                rows?.Dispose();
                book.Dispose();
                throw;
            }
        }

        internal override bool Read(RecordBatch into)
        {
            if (rows.Next() is not { } cells) return false;
            into.BeginRow(rows.Row);
            for (var i = 0; i < cells.Count; i++)
            {
                if (cells[i].Kind == ExcelCellKind.Empty) continue;
                if (i >= columns.Length)
                {
                    into.Refuse(new Problem("cell without column", null, cells[i].Raw, $"a cell with '{cells[i].Raw}' stands to the right of the last column"));
                    return true;
                }
                if (columns[i] < 0 || into[columns[i]] is not { } builder) continue;
                if (cells[i].AddTo(builder, into.Field(columns[i]), book.From1904) is { } problem && !into.RefuseValue(columns[i], problem)) return true;
            }
            into.EndRow();
            return true;
        }

        public override void Dispose()
        {
            rows.Dispose();
            book.Dispose();
        }
    }
}
