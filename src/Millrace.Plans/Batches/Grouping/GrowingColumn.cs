namespace Millrace.Plans;

/// <summary>Values that are gathered over many batches: chosen rows of columns, appended.</summary>
abstract class GrowingColumn(DataType type)
{
    bool[] nulls = new bool[16];
    bool anyNull;

    internal DataType Type { get; } = type;
    internal int Count { get; private set; }

    internal static GrowingColumn For(DataType type) => Physical.Of(type) switch
    {
        Physical.Form.Bool => new GrowingValues<bool>(type),
        Physical.Form.Short => new GrowingValues<short>(type),
        Physical.Form.Int => new GrowingValues<int>(type),
        Physical.Form.Long => new GrowingValues<long>(type),
        Physical.Form.Float => new GrowingValues<float>(type),
        Physical.Form.Double => new GrowingValues<double>(type),
        Physical.Form.Int128 => new GrowingValues<Int128>(type),
        Physical.Form.Guid => new GrowingValues<Guid>(type),
        Physical.Form.Bytes => new GrowingBytes(type),
        _ => new GrowingNested(type),
    };

    internal void Append(Column column, ReadOnlySpan<int> rows)
    {
        var needed = Count + rows.Length;
        if (needed > nulls.Length) Array.Resize(ref nulls, Math.Max(needed, nulls.Length * 2));
        if (column.MayHaveNulls)
        {
            for (var i = 0; i < rows.Length; i++) anyNull |= nulls[Count + i] = column.IsNull(rows[i]);
        }
        else nulls.AsSpan(Count, rows.Length).Clear();
        Copy(column, rows, Count);
        Count = needed;
    }

    /// <summary>What is gathered so far; good until the next change.</summary>
    internal Column Build() => Build(anyNull ? nulls.AsMemory(0, Count) : default);

    /// <summary>Only these rows, in that order.</summary>
    internal void Keep(ReadOnlySpan<int> rows)
    {
        var kept = For(Type);
        kept.Append(Build(), rows);
        (nulls, anyNull, Count) = (kept.nulls, kept.anyNull, kept.Count);
        Become(kept);
    }

    private protected abstract void Copy(Column column, ReadOnlySpan<int> rows, int at);
    private protected abstract Column Build(ReadOnlyMemory<bool> marks);
    private protected abstract void Become(GrowingColumn other);
}

sealed class GrowingValues<T>(DataType type) : GrowingColumn(type) where T : unmanaged
{
    T[] values = new T[16];

    private protected override void Copy(Column column, ReadOnlySpan<int> rows, int at)
    {
        if (at + rows.Length > values.Length) Array.Resize(ref values, Math.Max(at + rows.Length, values.Length * 2));
        var from = ((Column<T>)column).Values;
        var to = values.AsSpan(at);
        for (var i = 0; i < rows.Length; i++) to[i] = from[rows[i]];
    }

    private protected override Column Build(ReadOnlyMemory<bool> marks) => new Column<T>(Type, values.AsMemory(0, Count), marks);

    private protected override void Become(GrowingColumn other) => values = ((GrowingValues<T>)other).values;
}

sealed class GrowingBytes(DataType type) : GrowingColumn(type)
{
    BytesView[] views = new BytesView[16];
    byte[] bytes = new byte[256];
    int used;

    private protected override void Copy(Column column, ReadOnlySpan<int> rows, int at)
    {
        if (at + rows.Length > views.Length) Array.Resize(ref views, Math.Max(at + rows.Length, views.Length * 2));
        var from = (BytesColumn)column;
        for (var i = 0; i < rows.Length; i++)
        {
            views[at + i] = default;
            if (from.IsNull(rows[i])) continue;
            var value = from[rows[i]];
            var needed = checked(used + value.Length);
            if (needed > bytes.Length) Array.Resize(ref bytes, (int)Math.Min(Array.MaxLength, Math.Max(needed, bytes.Length * 2L)));
            value.CopyTo(bytes.AsSpan(used));
            views[at + i] = new BytesView(used, value.Length);
            used = needed;
        }
    }

    private protected override Column Build(ReadOnlyMemory<bool> marks) => new BytesColumn(Type, bytes.AsMemory(0, used), views.AsMemory(0, Count), marks);

    private protected override void Become(GrowingColumn other) =>
        (views, bytes, used) = (((GrowingBytes)other).views, ((GrowingBytes)other).bytes, ((GrowingBytes)other).used);
}

/// <summary>Nested values are kept as .NET has them: they are rare here.</summary>
sealed class GrowingNested(DataType type) : GrowingColumn(type)
{
    List<object?> values = [];

    private protected override void Copy(Column column, ReadOnlySpan<int> rows, int at)
    {
        foreach (var row in rows) values.Add(column.ValueAt(row));
    }

    private protected override Column Build(ReadOnlyMemory<bool> marks)
    {
        var builder = ColumnBuilder.For(Type);
        foreach (var value in values) builder.AddValue(value);
        return builder.Build();
    }

    private protected override void Become(GrowingColumn other) => values = ((GrowingNested)other).values;
}
