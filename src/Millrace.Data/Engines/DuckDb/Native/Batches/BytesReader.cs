using System.Text;

namespace Millrace.Data.Engines.DuckDb;

/// <summary>Text and binary values, copied together.</summary>
sealed unsafe class BytesReader(DataType type) : ColumnReader(type)
{
    GrowingArray<byte> bytes;
    GrowingArray<BytesView> views;

    internal override long Bytes => bytes.Count;

    private protected override void AppendValues(DuckDbVector vector)
    {
        var texts = vector.Texts;
        var validity = vector.Validity;
        var to = views.Add(texts.Length);
        var start = bytes.Count;
        var total = 0L;
        for (var row = 0; row < texts.Length; row++)
        {
            // What stands at a null may be any 16 bytes.
            var length = validity.IsEmpty || (validity[row >> 6] >> row & 1) != 0 ? texts[row].Length : 0;
            to[row] = new BytesView((int)(start + total), length);
            total += length;
        }
        if (start + total > Array.MaxLength) throw new PlanException($"A batch can't hold {start + total} bytes of text. Read fewer rows at once.");
        var room = bytes.Add((int)total);
        for (var row = 0; row < texts.Length; row++)
        {
            var (at, length) = to[row];
            ref readonly var text = ref texts[row];
            if (length > 0) text.Bytes[..length].CopyTo(room[(at - start)..]);
        }
    }

    private protected override Column Build(int count, ReadOnlyMemory<bool> nulls, BatchMemory memory) =>
        new BytesColumn(Type, bytes.MoveTo(memory), views.MoveTo(memory), nulls);

    public override void Dispose()
    {
        bytes.Release();
        views.Release();
        base.Dispose();
    }
}

/// <summary>An enum's numbers as views of its names: nothing is copied.</summary>
sealed class EnumReader<T> : ColumnReader where T : unmanaged
{
    readonly byte[] names;
    readonly BytesView[] places;
    readonly Func<T, int> number;
    GrowingArray<BytesView> views;

    internal EnumReader(DataType type, IEnumerable<string> names, Func<T, int> number) : base(type)
    {
        var encoded = names.Select(Encoding.UTF8.GetBytes).ToList();
        this.names = [.. encoded.SelectMany(n => n)];
        this.number = number;
        places = new BytesView[encoded.Count];
        for (int i = 0, at = 0; i < places.Length; at += encoded[i++].Length) places[i] = new(at, encoded[i].Length);
    }

    private protected override void AppendValues(DuckDbVector vector)
    {
        var from = vector.Values<T>();
        var to = views.Add(from.Length);
        var validity = vector.Validity;
        for (var row = 0; row < from.Length; row++)
            to[row] = validity.IsEmpty || (validity[row >> 6] >> row & 1) != 0 ? places[number(from[row])] : default;
    }

    private protected override Column Build(int count, ReadOnlyMemory<bool> nulls, BatchMemory memory) =>
        new BytesColumn(Type, names, views.MoveTo(memory), nulls);

    public override void Dispose()
    {
        views.Release();
        base.Dispose();
    }
}
