using System.Buffers;
using System.Text;

namespace Millrace.Data;

/// <summary>Why a row, or a value of it, can't be read.</summary>
/// <param name="Rule">The same words for all rows that break it.</param>
sealed record Problem(string Rule, string? Column, string? Value, string Message)
{
    internal static Problem NotOf(Field field, string path, ReadOnlySpan<byte> value) =>
        new($"not {field.Type}", path, Shown(value), $"'{Shown(value, 80)}' isn't {Article(field.Type)} in column '{path}'{(HasMoreDigits(field.Type, value) ? ". " + Digits : "")}");

    internal static Problem Missing(string path) => new("missing", path, null, $"column '{path}' has no value, and it may not be null");

    /// <summary>What helps where a number is right and its column too narrow.</summary>
    internal const string Digits = "The number has more digits than that: give a property [Digits(precision, scale)], or the column such a type";

    static readonly SearchValues<byte> numbers = SearchValues.Create("0123456789+-.,eE "u8);

    internal static bool HasMoreDigits(DataType type, ReadOnlySpan<byte> value) =>
        type is DecimalType && value.ContainsAnyInRange((byte)'0', (byte)'9') && !value.ContainsAnyExcept(numbers);

    internal static string Article(DataType type) => $"{(type.ToString()[0] is 'a' or 'e' or 'i' or 'u' ? "an" : "a")} {type}";

    internal static string Shown(ReadOnlySpan<byte> value, int most = 1_000)
    {
        var text = Encoding.UTF8.GetString(value[..Math.Min(value.Length, most * 4)]);
        return text.Length <= most ? text : $"{text[..most]}…";
    }
}

/// <summary>
/// Collects the rows of a file into the batches that a request asks for. A row is added value by value and then ended;
/// one that turns out to be bad is taken back and rejected, or ends the read.
/// </summary>
sealed class RecordBatch
{
    readonly ReadRequest request;
    readonly Schema schema, output;
    readonly ColumnBuilder?[] builders;
    readonly string kind;
    readonly Func<string?, string> remedy;
    readonly int fileColumns;
    readonly PartitionColumns partitions;
    readonly List<long> lines = [];
    readonly Stage? stage;
    InputFile file = null!;
    long line, rejected;

    /// <param name="schema">The columns of the file, then those of its folders.</param>
    /// <param name="remedy">What a reader can do about a value that isn't of that column's type.</param>
    internal RecordBatch(ReadRequest request, Schema schema, PartitionColumns partitions, string kind, Func<string?, string> remedy)
    {
        (this.request, this.schema, this.partitions, this.kind, this.remedy) = (request, schema, partitions, kind, remedy);
        fileColumns = schema.Count - partitions.Fields.Count;
        output = request.SchemaOf(schema);
        builders = new ColumnBuilder?[fileColumns];
        foreach (var name in request.Columns ?? [.. schema.Names])
        {
            if (schema.IndexOf(name) is var at && at < fileColumns) builders[at] ??= ColumnBuilder.For(schema[at].Type);
        }
        stage = request.Stages?.Add($"read {kind}");
    }

    internal Stage? Stage => stage;
    internal int Count { get; private set; }
    internal bool IsFull => Count >= request.BatchRows;

    /// <summary>Whether as many rows were read as were asked for.</summary>
    internal bool IsEnough => Total >= request.Limit;
    internal long Total { get; private set; }

    /// <summary>Where the column's values go; null where nobody wants them.</summary>
    internal ColumnBuilder? this[int column] => builders[column];
    internal Field Field(int column) => schema[column];

    /// <summary>Rows of one batch come from one file.</summary>
    internal void BeginFile(InputFile next) => file = next;

    internal void BeginRow(long at) => line = at;

    /// <summary>Whether the row has a value of that column already.</summary>
    internal bool Has(int column) => builders[column] is { } b && b.Count > Count;

    /// <summary>Ends the row: columns without a value are null. False where the row was rejected.</summary>
    internal bool EndRow()
    {
        for (var i = 0; i < builders.Length; i++)
        {
            if (builders[i] is not { } builder || builder.Count > Count) continue;
            if (!schema[i].Nullable)
            {
                Refuse(Problem.Missing(schema[i].Name));
                return false;
            }
            builder.AddNull();
        }
        lines.Add(line);
        Count++;
        Total++;
        return true;
    }

    /// <summary>
    /// Says that a value of the row is bad. True where the row goes on with null in its place; false where the row has
    /// been rejected.
    /// </summary>
    /// <exception cref="BadDataException">Bad rows end the read.</exception>
    internal bool RefuseValue(int column, Problem problem)
    {
        if (request.Bad != Bad.Null || !schema[column].Nullable)
        {
            Refuse(problem);
            return false;
        }
        builders[column]?.Truncate(Count);
        builders[column]?.AddNull();
        request.Rejects?.AddDiscarded(RejectOf(problem));
        return true;
    }

    /// <summary>Rejects the row.</summary>
    /// <exception cref="BadDataException">Bad rows end the read.</exception>
    internal void Refuse(Problem problem)
    {
        foreach (var builder in builders) builder?.Truncate(Count);
        if (request.Bad == Bad.Fail || request.Rejects is null)
            throw new BadDataException($"{file.Name}, line {line}: {problem.Message}. {remedy(problem.Column)}{(request.Bad == Bad.Fail ? "" : RejectLog.Missing)}", file.Name, line, problem.Column, problem.Value);
        rejected++;
        request.Rejects.Add(RejectOf(problem));
    }

    Reject RejectOf(Problem problem) => new(problem.Rule, kind, problem.Column, problem.Value, file.Name, line, $"{problem.Message}. {remedy(problem.Column)}");

    /// <summary>The rows so far.</summary>
    internal Batch Build(TimeSpan busy = default)
    {
        var memory = new BatchMemory();
        var columns = output.Select((field, i) => i >= output.Count - 2 && request.Provenance ? ProvenanceColumn(field, memory) : ColumnOf(field, memory)).ToArray();
        var batch = new Batch(output, Count, columns, memory);
        stage?.Count(Count + rejected, Count, busy, 0, rejected);
        (Count, rejected) = (0, 0);
        lines.Clear();
        return batch;
    }

    /// <summary>Ends a read: rejects behind the last batch are counted too.</summary>
    internal void Finish()
    {
        if (rejected > 0) stage?.Count(rejected, 0, TimeSpan.Zero, 0, rejected);
        rejected = 0;
    }

    Column ColumnOf(Field field, BatchMemory memory)
    {
        var at = schema.IndexOf(field.Name);
        return at >= fileColumns ? partitions.Column(file, at - fileColumns, Count, memory) : builders[at]!.Build();
    }

    Column ProvenanceColumn(Field field, BatchMemory memory) => field.Name == Provenance.Line
        ? new Column<long>(DataType.Int64, lines.ToArray())
        : PartitionColumn.Of(DataType.Text, file.Name, Count, memory);
}
