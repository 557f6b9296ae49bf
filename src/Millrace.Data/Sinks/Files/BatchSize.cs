namespace Millrace.Data;

/// <summary>What a batch keeps in memory, about: its values, and the bytes that texts are views into, once where columns share them.</summary>
static class BatchSize
{
    // A view into bytes or items; the widest of the other values is a decimal's 16.
    const int Value = 16;

    internal static long Of(Batch batch)
    {
        var counted = new HashSet<ReadOnlyMemory<byte>>();
        var bytes = 0L;
        foreach (var column in batch.Columns) bytes += Of(column, counted);
        return bytes;
    }

    static long Of(Column column, HashSet<ReadOnlyMemory<byte>> counted) => column.Count * (long)Value + column switch
    {
        BytesColumn text => counted.Add(text.BytesMemory) ? text.BytesMemory.Length : 0,
        ListColumn list => Of(list.Items, counted),
        StructColumn parts => Parts(parts, counted),
        _ => 0,
    };

    static long Parts(StructColumn column, HashSet<ReadOnlyMemory<byte>> counted)
    {
        var bytes = 0L;
        foreach (var child in column.Children) bytes += Of(child, counted);
        return bytes;
    }
}
