namespace Millrace.Plans;

/// <summary>What a kernel yields for a batch: a column, or one value that stands for all rows.</summary>
/// <param name="Column">Of one row where the operand is constant.</param>
readonly record struct Operand(Column Column, bool Constant = false)
{
    internal bool IsNull(int row) => Column.IsNull(Constant ? 0 : row);

    internal ReadOnlySpan<T> Values<T>() where T : unmanaged => ((Column<T>)Column).Values;

    internal T At<T>(int row) where T : unmanaged => ((Column<T>)Column).Values[Constant ? 0 : row];

    internal ReadOnlySpan<byte> BytesAt(int row) => ((BytesColumn)Column)[Constant ? 0 : row];

    internal BytesColumn Bytes => (BytesColumn)Column;

    /// <summary>A value for a message.</summary>
    internal string Display(int row)
    {
        try
        {
            return ClrValue.Display(Column.ValueAt(Constant ? 0 : row));
        }
        catch (Exception outside) when (outside is OverflowException or ArgumentOutOfRangeException)
        {
            return "a value outside .NET's range";
        }
    }

    /// <summary>The operand as a column of that many rows.</summary>
    internal Column Spread(int count, BatchMemory memory)
    {
        if (!Constant) return Column;
        var rows = memory.Rent<int>(count).AsSpan(0, count);
        rows.Clear();
        return Column.Take(rows, memory);
    }
}
