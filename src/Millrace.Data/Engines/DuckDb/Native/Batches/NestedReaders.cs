namespace Millrace.Data.Engines.DuckDb;

/// <summary>Lists and maps.</summary>
sealed class ListReader(DataType type, ColumnReader items) : ColumnReader(type)
{
    GrowingArray<BytesView> views;

    internal override long Bytes => items.Bytes;

    private protected override void AppendValues(DuckDbVector vector)
    {
        var lists = vector.Lists;
        var validity = vector.Validity;
        var to = views.Add(lists.Length);
        var first = items.Count;
        for (var row = 0; row < lists.Length; row++)
            to[row] = validity.IsEmpty || (validity[row >> 6] >> row & 1) != 0
                ? new BytesView(checked(first + (int)lists[row].Offset), (int)lists[row].Length)
                : new BytesView(first, 0);
        items.Append(vector.Items());
    }

    private protected override Column Build(int count, ReadOnlyMemory<bool> nulls, BatchMemory memory) =>
        new ListColumn(Type, views.MoveTo(memory), items.Build(memory), nulls);

    public override void Dispose()
    {
        views.Release();
        items.Dispose();
        base.Dispose();
    }
}

/// <summary>DuckDB's lists of one fixed length.</summary>
sealed class ArrayReader(DataType type, ColumnReader items, int size) : ColumnReader(type)
{
    GrowingArray<BytesView> views;

    internal override long Bytes => items.Bytes;

    private protected override void AppendValues(DuckDbVector vector)
    {
        var to = views.Add(vector.Count);
        for (var row = 0; row < to.Length; row++) to[row] = new BytesView(checked(items.Count + row * size), size);
        items.Append(vector.ArrayItems(size));
    }

    private protected override Column Build(int count, ReadOnlyMemory<bool> nulls, BatchMemory memory) =>
        new ListColumn(Type, views.MoveTo(memory), items.Build(memory), nulls);

    public override void Dispose()
    {
        views.Release();
        items.Dispose();
        base.Dispose();
    }
}

sealed class StructReader(DataType type, ColumnReader[] fields) : ColumnReader(type)
{
    internal override long Bytes => fields.Sum(f => f.Bytes);

    private protected override void AppendValues(DuckDbVector vector)
    {
        for (var i = 0; i < fields.Length; i++) fields[i].Append(vector.Field(i));
    }

    private protected override Column Build(int count, ReadOnlyMemory<bool> nulls, BatchMemory memory) =>
        new StructColumn(Type, count, fields.Select(f => f.Build(memory)), nulls);

    public override void Dispose()
    {
        foreach (var field in fields) field.Dispose();
        base.Dispose();
    }
}
