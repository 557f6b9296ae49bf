using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>A frame's rows with a column of numbers behind their own.</summary>
abstract class NumberedRows(Frame rows, string column) : ISource
{
    public string Kind => "numbered";
    public Schema Schema { get; } = rows.Schema.Contains(column)
        ? throw new PlanException($"The rows have a column '{column}' already, and it is where the dimension's numbers go. Rename or drop it.")
        : new Schema(rows.Schema.Append(new Field(column, DataType.Int64, Nullable: false)));

    public JsonObject? Describe() => null;

    public async IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        await BeginAsync(cancel).ConfigureAwait(false);
        if (First() is { } first) yield return Chosen(first, RowPlaces.Columns(Kind, -1, 1), request);
        var run = new RunContext { Bad = request.Bad, Rejects = request.Rejects, Threads = request.Threads };
        var place = 0L;
        await foreach (var batch in (request.Provenance || Refuses ? rows.WithProvenance() : rows).ReadBatchesAsync(run, cancel).ConfigureAwait(false))
        {
            var places = batch.Schema.Contains(Provenance.Line) ? [batch[Provenance.Source], batch[Provenance.Line]] : RowPlaces.Columns(Kind, place, batch.Count);
            var plain = new Batch(rows.Schema, batch.Count, [.. rows.Schema.Names.Select(n => batch[n])], batch.Memory.Retain());
            var (kept, numbers) = Number(plain, places, request.Rejects);
            place += batch.Count;
            if (kept is not null) places = [.. places.Select(c => c.Take(kept, batch.Memory))];
            var columns = kept is null ? plain.Columns.ToArray() : [.. plain.Columns.ToArray().Select(c => c.Take(kept, batch.Memory))];
            yield return Chosen(new Batch(Schema, numbers.Length, [.. columns, new Column<long>(DataType.Int64, numbers)], plain.Memory), places, request);
        }
    }

    /// <summary>Whether rows may be refused, and need to know where they came from.</summary>
    private protected virtual bool Refuses => false;

    private protected virtual Task BeginAsync(CancellationToken cancel) => Task.CompletedTask;

    private protected virtual Batch? First() => null;

    /// <summary>A number for each row that is kept; null for the places where all are.</summary>
    /// <param name="places">The rows' source and line.</param>
    private protected abstract (int[]? Kept, long[] Numbers) Number(Batch batch, Column[] places, RejectLog? rejects);

    Batch Chosen(Batch batch, Column[] places, ReadRequest request)
    {
        var columns = (request.Columns ?? Schema.Names).Select(c => batch[c]);
        return new Batch(request.SchemaOf(Schema), batch.Count, [.. columns, .. request.Provenance ? places : []], batch.Memory);
    }
}

/// <summary>Members with the numbers that they have, or the next ones.</summary>
sealed class NumberedMembers(Frame members, Dimension dimension, MemberNumbers known) : NumberedRows(members, dimension.KeyColumn)
{
    readonly int[] key = [.. dimension.Table.Key.Select(members.Schema.IndexOf)];
    readonly Dictionary<string, long> numbers = known.ByMember;
    long last = known.ByMember.Count == 0 ? 0 : Math.Max(0, known.ByMember.Values.Max());

    private protected override Batch? First()
    {
        if (numbers.ContainsValue(Dimension.UnknownKey)) return null;
        var unknown = new BatchBuilder(Schema);
        unknown.Add([.. Schema.Select((f, i) => i == Schema.Count - 1 ? Dimension.UnknownKey : key.Contains(i) ? NameOfUnknown(f) : f.Nullable ? null : Blank(f))]);
        return unknown.Build();
    }

    private protected override (int[]? Kept, long[] Numbers) Number(Batch batch, Column[] places, RejectLog? rejects)
    {
        var given = new long[batch.Count];
        for (var row = 0; row < given.Length; row++)
        {
            // A member without a key gets no number: the load rejects it.
            if (Dimension.MemberOf(batch, key, row) is not { } member) continue;
            if (!numbers.TryGetValue(member, out given[row])) numbers[member] = given[row] = ++last;
        }
        return (null, given);
    }

    object NameOfUnknown(Field field) => field.Type.Kind switch
    {
        TypeKind.Text => "(unknown)",
        TypeKind.Int16 => (short)-1,
        TypeKind.Int32 => -1,
        TypeKind.Int64 => -1L,
        TypeKind.Uuid => Guid.Empty,
        TypeKind.Date => new DateOnly(1900, 1, 1),
        _ => throw new LoadException($"The dimension {dimension.Table.Name} has no name for its unknown member: its key '{field.Name}' is {field.Type}. Make the key text, a whole number, a date or a UUID."),
    };

    // For attributes that may not be null.
    static object? Blank(Field field) => ColumnBuilder.For(field.Type) switch
    {
        BytesBuilder when field.Type.Kind == TypeKind.Text => "(unknown)",
        ColumnBuilder<bool> => false,
        ColumnBuilder<short> => (short)0,
        ColumnBuilder<int> when field.Type.Kind == TypeKind.Int32 => 0,
        ColumnBuilder<long> when field.Type.Kind == TypeKind.Int64 => 0L,
        ColumnBuilder<double> => 0d,
        ColumnBuilder<Int128> => 0m,
        _ => throw new LoadException($"The unknown member has no value for '{field.Name}', which may not be null. Make the column nullable."),
    };
}

/// <summary>Facts with the numbers of their members.</summary>
sealed class NumberedFacts(Frame facts, Dimension dimension, IReadOnlyList<string> by, MissingMember missing) : NumberedRows(facts, dimension.KeyColumn)
{
    readonly int[] columns = by.Count == dimension.Table.Key.Count
        ? [.. by.Select(facts.Schema.IndexOf)]
        : throw new PlanException($"The dimension {dimension.Table.Name} knows members by {string.Join(", ", dimension.Table.Key)}, and {by.Count} columns were named to look them up by.");
    MemberNumbers numbers = new();

    private protected override bool Refuses => missing == MissingMember.Reject;

    private protected override async Task BeginAsync(CancellationToken cancel)
    {
        numbers = await dimension.ReadAsync(cancel).ConfigureAwait(false);
        numbers.Check(Schema, columns, dimension);
    }

    private protected override (int[]? Kept, long[] Numbers) Number(Batch batch, Column[] places, RejectLog? rejects)
    {
        var (kept, given) = (new List<int>(batch.Count), new List<long>(batch.Count));
        for (var row = 0; row < batch.Count; row++)
        {
            var member = Dimension.MemberOf(batch, columns, row);
            var isKnown = numbers.ByMember.TryGetValue(member ?? "", out var number) && member is not null;
            if (!isKnown && missing == MissingMember.Reject)
            {
                Refuse(member is null && columns.Length == 1 ? null : string.Join(", ", columns.Select(c => ClrValue.Display(batch[c].ValueAt(row)))), places, row, rejects);
                continue;
            }
            kept.Add(row);
            given.Add(isKnown ? number : Dimension.UnknownKey);
        }
        return (kept.Count == batch.Count ? null : [.. kept], [.. given]);
    }

    void Refuse(string? member, Column[] places, int row, RejectLog? rejects)
    {
        var message = $"The dimension {dimension.Table.Name} has no member '{member ?? "null"}'. Load the dimension first, or give such facts the unknown member.";
        if (rejects is null) throw new LoadException(message);
        rejects.Add(new Reject("missing member", $"lookup {dimension.Table.Name}", string.Join(", ", by), member, places[0].ValueAt(row) as string, places[1].ValueAt(row) as long?, message));
    }
}
