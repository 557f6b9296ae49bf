using System.Text;

namespace Millrace.Data;

/// <summary>
/// Values of one type, some of them perhaps null. How each type is held:
/// <code>
/// boolean           Column&lt;bool&gt;            date                                 Column&lt;int&gt;   days since 1970-01-01
/// int16/32/64       Column&lt;short/int/long&gt;  time, timestamp, instant, duration  Column&lt;long&gt;  microseconds
/// float32/64        Column&lt;float/double&gt;    text, enum, binary                   BytesColumn
/// decimal           Column&lt;Int128&gt;, scaled  list, map                            ListColumn    a map is a list of key and value
/// uuid              Column&lt;Guid&gt;            struct                               StructColumn
/// null              Column&lt;bool&gt;, all null
/// </code>
/// </summary>
public abstract class Column
{
    private protected Column(DataType type, int count, ReadOnlyMemory<bool> nulls)
    {
        if (nulls.Length != 0 && nulls.Length != count)
            throw new ArgumentException($"{nulls.Length} null marks were given for {count} values.", nameof(nulls));
        Type = type;
        Count = count;
        NullMarks = nulls;
    }

    public DataType Type { get; }
    public int Count { get; }

    /// <summary>False where none of the values is null, known without a look at each.</summary>
    public bool MayHaveNulls => NullMarks.Length != 0;

    /// <summary>One mark a row, true where it is null; empty where nothing is.</summary>
    public ReadOnlySpan<bool> Nulls => NullMarks.Span;

    internal ReadOnlyMemory<bool> NullMarks { get; }

    public bool IsNull(int index) => NullMarks.Length != 0 && NullMarks.Span[index];

    public abstract Column Slice(int start, int count);

    /// <summary>The rows at those places, in that order; the memory they need comes from <paramref name="memory"/>.</summary>
    public abstract Column Take(ReadOnlySpan<int> rows, BatchMemory memory);

    /// <summary>A value as .NET spells it: <c>string</c>, <c>decimal</c>, <c>DateOnly</c>, <c>DateTimeOffset</c> ... or null.</summary>
    public object? ValueAt(int index) => IsNull(index) ? null : ValueOf(index);

    /// <summary>A column of that type that holds nothing but nulls.</summary>
    internal static Column AllNull(DataType type, int count, BatchMemory memory)
    {
        var marks = memory.Rent<bool>(count).AsMemory(0, count);
        marks.Span.Fill(true);
        return type.Kind switch
        {
            TypeKind.Boolean or TypeKind.Null => new Column<bool>(type, Blank<bool>(), marks),
            TypeKind.Int16 => new Column<short>(type, Blank<short>(), marks),
            TypeKind.Int32 or TypeKind.Date => new Column<int>(type, Blank<int>(), marks),
            TypeKind.Float32 => new Column<float>(type, Blank<float>(), marks),
            TypeKind.Float64 => new Column<double>(type, Blank<double>(), marks),
            TypeKind.Decimal => new Column<Int128>(type, Blank<Int128>(), marks),
            TypeKind.Uuid => new Column<Guid>(type, Blank<Guid>(), marks),
            TypeKind.Text or TypeKind.Enum or TypeKind.Binary => new BytesColumn(type, default, Blank<BytesView>(), marks),
            TypeKind.List => new ListColumn(type, Blank<BytesView>(), AllNull(((ListType)type).Item.Type, 0, memory), marks),
            TypeKind.Map => new ListColumn(type, Blank<BytesView>(), AllNull(DataType.Struct(((MapType)type).Key, ((MapType)type).Value), 0, memory), marks),
            TypeKind.Struct => new StructColumn(type, count, ((StructType)type).Fields.Select(f => AllNull(f.Type, count, memory)), marks),
            _ => new Column<long>(type, Blank<long>(), marks),
        };

        ReadOnlyMemory<T> Blank<T>() where T : unmanaged
        {
            var values = memory.Rent<T>(count).AsMemory(0, count);
            values.Span.Clear();
            return values;
        }
    }

    private protected abstract object ValueOf(int index);

    private protected ReadOnlyMemory<bool> SliceNulls(int start, int count) =>
        NullMarks.Length == 0 ? default : NullMarks.Slice(start, count);

    private protected ReadOnlyMemory<bool> TakeNulls(ReadOnlySpan<int> rows, BatchMemory memory)
    {
        if (NullMarks.Length == 0) return default;
        var source = NullMarks.Span;
        var taken = memory.Rent<bool>(rows.Length);
        for (var i = 0; i < rows.Length; i++) taken[i] = source[rows[i]];
        return taken.AsMemory(0, rows.Length);
    }
}

/// <summary>Values of fixed size, side by side. Where a value is null, what stands in its place means nothing.</summary>
public sealed class Column<T>(DataType type, ReadOnlyMemory<T> values, ReadOnlyMemory<bool> nulls = default)
    : Column(type, values.Length, nulls) where T : unmanaged
{
    readonly ReadOnlyMemory<T> values = values;

    public ReadOnlySpan<T> Values => values.Span;

    internal ReadOnlyMemory<T> ValuesMemory => values;

    internal Column<T> As(DataType type) => new(type, values, NullMarks);
    internal Column<T> Marked(ReadOnlyMemory<bool> nulls) => new(Type, values, nulls);

    public override Column Slice(int start, int count) => new Column<T>(Type, values.Slice(start, count), SliceNulls(start, count));

    public override Column Take(ReadOnlySpan<int> rows, BatchMemory memory)
    {
        var source = values.Span;
        var taken = memory.Rent<T>(rows.Length);
        for (var i = 0; i < rows.Length; i++) taken[i] = source[rows[i]];
        return new Column<T>(Type, taken.AsMemory(0, rows.Length), TakeNulls(rows, memory));
    }

    private protected override object ValueOf(int index) => ClrValue.FromPhysical(Type, values.Span[index]);
}

/// <summary>Where a value lies in the bytes of its column.</summary>
public readonly record struct BytesView(int Start, int Length);

/// <summary>Text, enum names or binary: each value is a view into bytes that all of them share, such as a block of the file they were read from.</summary>
public sealed class BytesColumn(DataType type, ReadOnlyMemory<byte> bytes, ReadOnlyMemory<BytesView> views, ReadOnlyMemory<bool> nulls = default)
    : Column(type, views.Length, nulls)
{
    readonly ReadOnlyMemory<byte> bytes = bytes;
    readonly ReadOnlyMemory<BytesView> views = views;

    public ReadOnlySpan<byte> Bytes => bytes.Span;
    public ReadOnlySpan<BytesView> Views => views.Span;

    internal ReadOnlyMemory<byte> BytesMemory => bytes;
    internal ReadOnlyMemory<BytesView> ViewsMemory => views;

    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            var view = views.Span[index];
            return bytes.Span.Slice(view.Start, view.Length);
        }
    }

    public override Column Slice(int start, int count) => new BytesColumn(Type, bytes, views.Slice(start, count), SliceNulls(start, count));

    public override Column Take(ReadOnlySpan<int> rows, BatchMemory memory)
    {
        var source = views.Span;
        var taken = memory.Rent<BytesView>(rows.Length);
        for (var i = 0; i < rows.Length; i++) taken[i] = source[rows[i]];
        return new BytesColumn(Type, bytes, taken.AsMemory(0, rows.Length), TakeNulls(rows, memory));
    }

    private protected override object ValueOf(int index) =>
        Type.Kind == TypeKind.Binary ? this[index].ToArray() : Encoding.UTF8.GetString(this[index]);
}

/// <summary>Lists: row i holds the items from its view's start on. A map is a list of structs of key and value.</summary>
public sealed class ListColumn(DataType type, ReadOnlyMemory<BytesView> views, Column items, ReadOnlyMemory<bool> nulls = default)
    : Column(type, views.Length, nulls)
{
    readonly ReadOnlyMemory<BytesView> views = views;

    public Column Items { get; } = items;

    /// <summary>Start and length of each row's items.</summary>
    public ReadOnlySpan<BytesView> Views => views.Span;

    internal ReadOnlyMemory<BytesView> ViewsMemory => views;

    internal ListColumn Marked(ReadOnlyMemory<bool> nulls) => new(Type, views, Items, nulls);

    public override Column Slice(int start, int count) => new ListColumn(Type, views.Slice(start, count), Items, SliceNulls(start, count));

    public override Column Take(ReadOnlySpan<int> rows, BatchMemory memory)
    {
        var source = views.Span;
        var taken = memory.Rent<BytesView>(rows.Length);
        for (var i = 0; i < rows.Length; i++) taken[i] = source[rows[i]];
        return new ListColumn(Type, taken.AsMemory(0, rows.Length), Items, TakeNulls(rows, memory));
    }

    private protected override object ValueOf(int index)
    {
        var (start, length) = views.Span[index];
        if (Type.Kind == TypeKind.Map && Items is StructColumn pairs)
        {
            var map = new Dictionary<object, object?>(length);
            for (var i = start; i < start + length; i++) map[pairs.Children[0].ValueAt(i)!] = pairs.Children[1].ValueAt(i);
            return map;
        }
        var list = new List<object?>(length);
        for (var i = start; i < start + length; i++) list.Add(Items.ValueAt(i));
        return list;
    }
}

/// <summary>Structs: one child column a field.</summary>
public sealed class StructColumn(DataType type, int count, IEnumerable<Column> children, ReadOnlyMemory<bool> nulls = default)
    : Column(type, count, nulls)
{
    readonly Column[] children = [.. children];

    public ReadOnlySpan<Column> Children => children;

    public override Column Slice(int start, int count) =>
        new StructColumn(Type, count, children.Select(c => c.Slice(start, count)), SliceNulls(start, count));

    public override Column Take(ReadOnlySpan<int> rows, BatchMemory memory)
    {
        var taken = new Column[children.Length];
        for (var i = 0; i < taken.Length; i++) taken[i] = children[i].Take(rows, memory);
        return new StructColumn(Type, rows.Length, taken, TakeNulls(rows, memory));
    }

    private protected override object ValueOf(int index)
    {
        var fields = ((StructType)Type).Fields;
        var value = new Dictionary<string, object?>(children.Length);
        for (var i = 0; i < children.Length; i++) value[fields[i].Name] = children[i].ValueAt(index);
        return value;
    }
}
