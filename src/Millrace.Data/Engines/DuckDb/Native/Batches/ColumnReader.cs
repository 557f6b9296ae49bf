namespace Millrace.Data.Engines.DuckDb;

/// <summary>Collects the vectors of one column of DuckDB's, one after the other, into a column of ours.</summary>
abstract class ColumnReader(DataType type) : IDisposable
{
    GrowingArray<bool> nulls;
    bool anyNull;

    internal DataType Type => type;

    internal int Count { get; private set; }

    /// <summary>Bytes of text so far, which a batch must not have too many of.</summary>
    internal virtual long Bytes => 0;

    internal void Append(DuckDbVector vector)
    {
        AppendValues(vector);
        AppendNulls(vector);
        Count += vector.Count;
    }

    /// <summary>The column so far; the reader is empty after it.</summary>
    internal Column Build(BatchMemory memory)
    {
        var marks = anyNull ? nulls.MoveTo(memory) : default;
        anyNull = false;
        var column = Build(Count, marks, memory);
        Count = 0;
        return column;
    }

    private protected abstract void AppendValues(DuckDbVector vector);
    private protected abstract Column Build(int count, ReadOnlyMemory<bool> nulls, BatchMemory memory);

    public virtual void Dispose() => nulls.Release();

    internal static PlanException Outside(string column, string value, DataType type) =>
        new($"Column '{column}' has the value {value}, which no {type} here can be: they lie in the years 1 to 9999, and a day ends before 24:00. Say in the query what it means: a case, nullif, or a cast to text.");

    void AppendNulls(DuckDbVector vector)
    {
        var validity = vector.Validity;
        if (!HasNull(validity, vector.Count))
        {
            if (anyNull) nulls.Add(vector.Count).Clear();
            return;
        }
        if (!anyNull) nulls.Add(Count).Clear();
        anyNull = true;
        var marks = nulls.Add(vector.Count);
        for (var row = 0; row < marks.Length; row++) marks[row] = (validity[row >> 6] >> row & 1) == 0;
    }

    /// <summary>A validity mask may be there and say that all is valid; and bits behind the last row mean nothing.</summary>
    static bool HasNull(ReadOnlySpan<ulong> validity, int count)
    {
        if (validity.IsEmpty) return false;
        var whole = count >> 6;
        if (validity[..whole].ContainsAnyExcept(ulong.MaxValue)) return true;
        var rest = (1UL << count) - 1;
        return (count & 63) != 0 && (validity[whole] & rest) != rest;
    }
}

/// <summary>Values that DuckDB stores as we do.</summary>
sealed class PlainReader<T>(DataType type) : ColumnReader(type) where T : unmanaged
{
    GrowingArray<T> values;

    private protected override void AppendValues(DuckDbVector vector) => vector.Values<T>().CopyTo(values.Add(vector.Count));

    private protected override Column Build(int count, ReadOnlyMemory<bool> nulls, BatchMemory memory) =>
        new Column<T>(Type, values.MoveTo(memory), nulls);

    public override void Dispose()
    {
        values.Release();
        base.Dispose();
    }
}

/// <summary>Values that DuckDB stores as we do, and of which it has more than .NET's types hold.</summary>
sealed class RangedReader<T>(DataType type, string column, T least, T most, Func<T, string> show) : ColumnReader(type) where T : unmanaged, IComparable<T>
{
    GrowingArray<T> values;

    private protected override void AppendValues(DuckDbVector vector)
    {
        var from = vector.Values<T>();
        if (from.ContainsAnyExceptInRange(least, most)) Check(from, vector.Validity);
        from.CopyTo(values.Add(vector.Count));
    }

    // Where a value is null, anything stands.
    void Check(ReadOnlySpan<T> from, ReadOnlySpan<ulong> validity)
    {
        for (var row = 0; row < from.Length; row++)
        {
            if (!validity.IsEmpty && (validity[row >> 6] >> row & 1) == 0) continue;
            if (from[row].CompareTo(least) < 0 || from[row].CompareTo(most) > 0) throw Outside(column, show(from[row]), Type);
        }
    }

    private protected override Column Build(int count, ReadOnlyMemory<bool> nulls, BatchMemory memory) =>
        new Column<T>(Type, values.MoveTo(memory), nulls);

    public override void Dispose()
    {
        values.Release();
        base.Dispose();
    }
}

/// <summary>Values that we store in another way.</summary>
/// <param name="convert">Called for valid values only.</param>
sealed class ConvertingReader<TFrom, TTo>(DataType type, string column, Func<TFrom, TTo> convert) : ColumnReader(type)
    where TFrom : unmanaged
    where TTo : unmanaged
{
    GrowingArray<TTo> values;

    private protected override void AppendValues(DuckDbVector vector)
    {
        var from = vector.Values<TFrom>();
        var to = values.Add(from.Length);
        var validity = vector.Validity;
        var row = 0;
        try
        {
            for (; row < from.Length; row++)
                to[row] = validity.IsEmpty || (validity[row >> 6] >> row & 1) != 0 ? convert(from[row]) : default;
        }
        catch (OverflowException overflow)
        {
            throw new PlanException($"Column '{column}' has the value {from[row]}, which {Type} can't hold. Cast the column to a wider type.", overflow);
        }
    }

    private protected override Column Build(int count, ReadOnlyMemory<bool> nulls, BatchMemory memory) =>
        new Column<TTo>(Type, values.MoveTo(memory), nulls);

    public override void Dispose()
    {
        values.Release();
        base.Dispose();
    }
}

/// <summary>A column that is null throughout.</summary>
sealed class NullReader() : ColumnReader(DataType.Null)
{
    GrowingArray<bool> values;

    private protected override void AppendValues(DuckDbVector vector) => values.Add(vector.Count).Fill(true);

    private protected override Column Build(int count, ReadOnlyMemory<bool> nulls, BatchMemory memory)
    {
        var all = values.MoveTo(memory);
        return new Column<bool>(DataType.Null, all, all);
    }

    public override void Dispose()
    {
        values.Release();
        base.Dispose();
    }
}
