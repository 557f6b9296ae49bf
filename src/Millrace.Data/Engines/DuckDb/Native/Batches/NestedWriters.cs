using System.Text;

namespace Millrace.Data.Engines.DuckDb;

/// <summary>Names as their numbers, in as many bytes as DuckDB keeps them in.</summary>
sealed class EnumWriter(EnumType type) : ColumnWriter
{
    readonly Dictionary<string, uint> numbers = type.Names.Select((n, i) => (n, (uint)i)).ToDictionary();

    private protected override void WriteValues(Column column, int start, int count, VectorWriter to, int at)
    {
        var names = (BytesColumn)column;
        for (var i = 0; i < count; i++)
        {
            var number = names.IsNull(start + i) ? 0 : Number(names[start + i]);
            if (numbers.Count <= byte.MaxValue) to.Values<byte>(at + count)[at + i] = (byte)number;
            else if (numbers.Count <= ushort.MaxValue) to.Values<ushort>(at + count)[at + i] = (ushort)number;
            else to.Values<uint>(at + count)[at + i] = number;
        }
    }

    uint Number(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[128];
        var known = name.Length <= text.Length
            ? numbers.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text[..Encoding.UTF8.GetChars(name, text)], out var number)
            : numbers.TryGetValue(Encoding.UTF8.GetString(name), out number);
        return known ? number : throw new PlanException($"'{Encoding.UTF8.GetString(name)}' isn't one of {type}.");
    }
}

/// <summary>Lists and maps.</summary>
sealed class ListWriter(ColumnWriter items) : ColumnWriter
{
    private protected override void WriteValues(Column column, int start, int count, VectorWriter to, int at)
    {
        var lists = (ListColumn)column;
        var views = lists.Views.Slice(start, count);
        var total = 0;
        for (var i = 0; i < views.Length; i++)
        {
            if (!lists.IsNull(start + i)) total = checked(total + views[i].Length);
        }
        var child = to.AddItems(total, out var first);
        var entries = to.Values<ListEntry>(at + count);
        for (var i = 0; i < views.Length; i++)
        {
            var (from, length) = lists.IsNull(start + i) ? default : views[i];
            entries[at + i] = new((ulong)first, (ulong)length);
            if (length > 0) items.Write(lists.Items, from, length, child, first);
            first += length;
        }
    }
}

sealed class StructWriter(ColumnWriter[] fields) : ColumnWriter
{
    private protected override void WriteValues(Column column, int start, int count, VectorWriter to, int at)
    {
        var children = ((StructColumn)column).Children;
        for (var i = 0; i < fields.Length; i++)
        {
            fields[i].Write(children[i], start, count, to.Field(i), at);
            // A field of a struct that isn't there isn't there: DuckDB counts on it.
            if (!column.MayHaveNulls) continue;
            var validity = to.Field(i).Validity(at + count);
            for (var row = 0; row < count; row++)
            {
                if (column.Nulls[start + row]) validity[(at + row) >> 6] &= ~(1UL << (at + row));
            }
        }
    }
}
