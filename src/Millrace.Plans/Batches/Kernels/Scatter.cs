namespace Millrace.Plans;

/// <summary>Puts a column together from pieces, each for some of the rows: how choices become one column.</summary>
sealed class Scatter(Evaluation rows, DataType type)
{
    readonly List<(Operand Piece, ReadOnlyMemory<int> Rows)> pieces = [];

    /// <summary>The piece's first value goes to the first of the rows, and so on. Rows that no piece names are null.</summary>
    internal void Add(Operand piece, ReadOnlyMemory<int> places) => pieces.Add((piece, places));

    internal Column Build()
    {
        var count = rows.Count;
        if (pieces is [{ Piece.Constant: false, Rows.Length: var length } only] && length == count) return only.Piece.Column;
        var marks = rows.Rent<bool>();
        marks.AsSpan(0, count).Fill(true);
        var anyNull = pieces.Sum(p => p.Rows.Length) < count;
        foreach (var (piece, places) in pieces)
        {
            var to = places.Span;
            var mayBeNull = piece.Column.MayHaveNulls;
            anyNull |= mayBeNull && to.Length > 0;
            for (var i = 0; i < to.Length; i++) marks[to[i]] = mayBeNull && piece.IsNull(i);
        }
        var nulls = anyNull ? marks.AsMemory(0, count) : default(ReadOnlyMemory<bool>);
        return Physical.Of(type) switch
        {
            Physical.Form.Bool => Values<bool>(nulls),
            Physical.Form.Short => Values<short>(nulls),
            Physical.Form.Int => Values<int>(nulls),
            Physical.Form.Long => Values<long>(nulls),
            Physical.Form.Float => Values<float>(nulls),
            Physical.Form.Double => Values<double>(nulls),
            Physical.Form.Int128 => Values<Int128>(nulls),
            Physical.Form.Guid => Values<Guid>(nulls),
            Physical.Form.Bytes => Bytes(nulls),
            _ => Nested(nulls),
        };
    }

    Column<T> Values<T>(ReadOnlyMemory<bool> nulls) where T : unmanaged
    {
        var result = rows.Rent<T>();
        foreach (var (piece, places) in pieces)
        {
            var from = piece.Values<T>();
            var to = places.Span;
            if (piece.Constant)
                for (var i = 0; i < to.Length; i++) result[to[i]] = from[0];
            else
                for (var i = 0; i < to.Length; i++) result[to[i]] = from[i];
        }
        return new Column<T>(type, result.AsMemory(0, rows.Count), nulls);
    }

    BytesColumn Bytes(ReadOnlyMemory<bool> nulls)
    {
        var result = new BytesWriter(type, rows.Count, rows.Memory);
        foreach (var (piece, places) in pieces)
        {
            var to = places.Span;
            if (piece.Constant)
            {
                if (piece.IsNull(0)) continue;
                var view = result.Append(piece.Bytes[0]);
                for (var i = 0; i < to.Length; i++) result.Views[to[i]] = view;
            }
            else
            {
                for (var i = 0; i < to.Length; i++)
                    if (!piece.IsNull(i)) result.Views[to[i]] = result.Append(piece.Bytes[i]);
            }
        }
        return result.Column(nulls);
    }

    // Nested choices are rare enough to go value by value.
    Column Nested(ReadOnlyMemory<bool> nulls)
    {
        var owner = new (int Piece, int Row)[rows.Count];
        for (var p = 0; p < pieces.Count; p++)
            for (var i = 0; i < pieces[p].Rows.Length; i++) owner[pieces[p].Rows.Span[i]] = (p, pieces[p].Piece.Constant ? 0 : i);
        var builder = ColumnBuilder.For(type);
        for (var row = 0; row < rows.Count; row++)
        {
            if (nulls.Length > 0 && nulls.Span[row]) builder.AddNull();
            else builder.AddValue(pieces[owner[row].Piece].Piece.Column.ValueAt(owner[row].Row));
        }
        return builder.Build();
    }
}
