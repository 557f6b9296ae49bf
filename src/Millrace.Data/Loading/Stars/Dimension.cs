using System.Globalization;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>What a fact gets whose member the dimension hasn't.</summary>
public enum MissingMember
{
    /// <summary>The key of the unknown member, <see cref="Dimension.UnknownKey"/>.</summary>
    Unknown,

    /// <summary>The fact is rejected.</summary>
    Reject,
}

/// <summary>
/// A dimension of a star schema: a table whose key is what its source calls a member by, and a column of short keys that
/// facts refer to. A member keeps its number for ever; the unknown member is there from the first load on. Loads of one
/// dimension take turns: two at once could give one number to two members.
/// </summary>
/// <param name="table">The table, with the members' own key.</param>
/// <param name="keyColumn">The column of numbers.</param>
public sealed class Dimension(TableTarget table, string keyColumn)
{
    public const long UnknownKey = -1;

    public TableTarget Table { get; } = table.Key.Count > 0 && table is ISource
        ? table
        : throw new ArgumentException($"The dimension {table.Name} needs the key that its source knows members by: Table(\"{table.Name}\", key: [\"...\"]).", nameof(table));

    public string KeyColumn { get; } = keyColumn;

    /// <summary>Adds members that are new, with the next numbers, and changes those that differ. A rerun changes nothing.</summary>
    public async Task<LoadReport> LoadAsync(Frame members, LoadOptions? options = null, RunContext? run = null, CancellationToken cancel = default) =>
        await Frame.From(new NumberedMembers(members, this, await ReadAsync(cancel).ConfigureAwait(false))).LoadAsync(Table, Load.Upsert, options, run, cancel).ConfigureAwait(false);

    /// <inheritdoc cref="LoadAsync(Frame, LoadOptions?, RunContext?, CancellationToken)"/>
    public Task<LoadReport> LoadAsync(Frame members, LoadOptions? options, CancellationToken cancel) => LoadAsync(members, options, null, cancel);

    /// <summary>The facts with this dimension's number for each, in a column called like <see cref="KeyColumn"/>.</summary>
    /// <param name="by">The facts' columns that say the member, in the order of the table's key.</param>
    public Frame LookUp(Frame facts, IReadOnlyList<string> by, MissingMember missing = MissingMember.Unknown) => Frame.From(new NumberedFacts(facts, this, by, missing));

    internal async Task<MemberNumbers> ReadAsync(CancellationToken cancel)
    {
        var numbers = new MemberNumbers();
        var session = await Table.OpenSessionAsync(cancel).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            if (await session.ReadColumnsAsync(Table.Table, cancel).ConfigureAwait(false) is null) return numbers;
        }
        await foreach (var batch in ((ISource)Table).ReadAsync(new ReadRequest { Columns = [.. Table.Key, KeyColumn] }, cancel).ConfigureAwait(false))
        {
            using (batch)
            {
                numbers.KeyTypes = [.. batch.Schema.Take(Table.Key.Count).Select(f => f.Type)];
                for (var row = 0; row < batch.Count; row++)
                    if (MemberOf(batch, [.. Enumerable.Range(0, Table.Key.Count)], row) is { } member) numbers.ByMember[member] = Convert.ToInt64(batch[Table.Key.Count].ValueAt(row), null);
            }
        }
        return numbers;
    }

    /// <summary>What a member is told from others by; null where a part of its key is.</summary>
    internal static string? MemberOf(Batch batch, int[] columns, int row) =>
        columns.Any(c => batch[c].IsNull(row)) ? null : string.Concat(columns.Select(c => Part(batch[c].ValueAt(row)!)));

    // With its length before it, no part reads like the end of one and the start of the next.
    static string Part(object value)
    {
        var text = Same(value);
        return string.Create(CultureInfo.InvariantCulture, $"{text.Length}:{text}");
    }

    // A number is the same member in every type that holds it.
    static string Same(object value) => value switch
    {
        // Divided by one with all its digits, a decimal loses the zeros at its end.
        decimal number => (number / 1.0000000000000000000000000000m).ToString(CultureInfo.InvariantCulture),
        double number when number == Math.Truncate(number) && Math.Abs(number) < 1e15 => ((long)number).ToString(CultureInfo.InvariantCulture),
        float number => Same((double)number),
        _ => ClrValue.Display(value),
    };
}

/// <summary>The numbers of a dimension's members.</summary>
sealed class MemberNumbers
{
    internal Dictionary<string, long> ByMember { get; } = new(StringComparer.Ordinal);

    /// <summary>What the parts of the dimension's key are; null while it has no members.</summary>
    internal IReadOnlyList<DataType>? KeyTypes { get; set; }

    /// <summary>Refuses values that can't say a member of the dimension: they would all be unknown, and nobody would see why.</summary>
    internal void Check(Schema rows, int[] columns, Dimension dimension)
    {
        for (var i = 0; KeyTypes is not null && i < columns.Length; i++)
        {
            var (given, key) = (rows[columns[i]], KeyTypes[i]);
            if (given.Type == key || given.Type.IsNumeric && key.IsNumeric || IsText(given.Type) && IsText(key)) continue;
            throw new PlanException($"The dimension {dimension.Table.Name} knows members by '{dimension.Table.Key[i]}', which is {key}, and '{given.Name}' of the rows is {given.Type}. Cast it: Cast(\"{given.Name}\", ...).");
        }

        static bool IsText(DataType type) => type.Kind is TypeKind.Text or TypeKind.Enum;
    }
}
