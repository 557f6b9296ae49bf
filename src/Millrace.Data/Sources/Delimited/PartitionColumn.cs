using System.Text;

namespace Millrace.Data;

/// <summary>A column whose value is the same for all rows of a file: its folders say it (<c>year=2026</c>).</summary>
static class PartitionColumn
{
    /// <summary>The type that all the values of a partition have: whole number, date or else text.</summary>
    internal static DataType TypeOf(IEnumerable<string> values)
    {
        var texts = values.Where(v => v != PartitionColumns.NullName).Select(Encoding.UTF8.GetBytes).ToList();
        if (texts.Count == 0) return DataType.Text;
        if (texts.All(t => NumberText.TryInt64(t, out _) && (t.Length == 1 || t[0] != '0'))) return DataType.Int64;
        return texts.All(t => TimeText.TryDate(t, out _)) ? DataType.Date : DataType.Text;
    }

    internal static Column Of(DataType type, string value, int count, BatchMemory memory)
    {
        if (value == PartitionColumns.NullName) return Column.AllNull(type, count, memory);
        var text = Encoding.UTF8.GetBytes(value);
        switch (type.Kind)
        {
            case TypeKind.Int64 when NumberText.TryInt64(text, out var number):
                return new Column<long>(type, Filled(number));
            case TypeKind.Date when TimeText.TryDate(text, out var days):
                return new Column<int>(type, Filled(days));
            default:
                return new BytesColumn(type, text, Filled(new BytesView(0, text.Length)));
        }

        ReadOnlyMemory<T> Filled<T>(T one) where T : unmanaged
        {
            var values = memory.Rent<T>(count).AsMemory(0, count);
            values.Span.Fill(one);
            return values;
        }
    }
}
