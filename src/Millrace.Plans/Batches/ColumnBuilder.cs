using System.Collections;
using System.Runtime.InteropServices;
using System.Text;

namespace Millrace.Data;

/// <summary>Collects the values of a column one by one: for sources, tests and whatever has rows in its hands.</summary>
public abstract class ColumnBuilder
{
    readonly List<bool> nulls = [];
    bool anyNull;

    private protected ColumnBuilder(DataType type) => Type = type;

    public DataType Type { get; }
    public int Count => nulls.Count;

    public static ColumnBuilder For(DataType type) => type.Kind switch
    {
        TypeKind.Boolean or TypeKind.Null => new ColumnBuilder<bool>(type),
        TypeKind.Int16 => new ColumnBuilder<short>(type),
        TypeKind.Int32 or TypeKind.Date => new ColumnBuilder<int>(type),
        TypeKind.Int64 or TypeKind.Time or TypeKind.Timestamp or TypeKind.Instant or TypeKind.Duration => new ColumnBuilder<long>(type),
        TypeKind.Float32 => new ColumnBuilder<float>(type),
        TypeKind.Float64 => new ColumnBuilder<double>(type),
        TypeKind.Decimal => new ColumnBuilder<Int128>(type),
        TypeKind.Uuid => new ColumnBuilder<Guid>(type),
        TypeKind.Text or TypeKind.Enum or TypeKind.Binary => new BytesBuilder(type),
        TypeKind.List => new ListBuilder(type, ((ListType)type).Item.Type),
        TypeKind.Map => new ListBuilder(type, DataType.Struct(((MapType)type).Key, ((MapType)type).Value)),
        TypeKind.Struct => new StructBuilder((StructType)type),
        _ => throw new PlanException($"No column is built for {type}."),
    };

    public void AddNull()
    {
        anyNull = true;
        AddBlank();
        nulls.Add(true);
    }

    /// <summary>A .NET value of the column's type, or null.</summary>
    /// <exception cref="PlanException">The value isn't of the type, or doesn't fit into it.</exception>
    public void AddValue(object? value)
    {
        if (value is null or DBNull)
        {
            AddNull();
            return;
        }
        AddClr(value);
        nulls.Add(false);
    }

    /// <summary>The column; the builder is empty after it.</summary>
    public Column Build()
    {
        var marks = anyNull ? nulls.ToArray() : default(ReadOnlyMemory<bool>);
        var column = Build(nulls.Count, marks);
        nulls.Clear();
        anyNull = false;
        return column;
    }

    /// <summary>Takes back the values behind the first ones: those of a row that turned out to be bad.</summary>
    internal void Truncate(int count)
    {
        if (count >= nulls.Count && !HasLoose(count)) return;
        Cut(count);
        if (count < nulls.Count) CollectionsMarshal.SetCount(nulls, count);
    }

    // A value that was begun and not ended leaves parts behind that no row counts yet.
    private protected virtual bool HasLoose(int count) => false;
    private protected abstract void Cut(int count);

    private protected void Added() => nulls.Add(false);

    private protected abstract void AddBlank();
    private protected abstract void AddClr(object value);
    private protected abstract Column Build(int count, ReadOnlyMemory<bool> marks);

    private protected PlanException Unfit(object value) =>
        new($"{ClrValue.Display(value)} ({value.GetType().Name}) isn't a value of {Type}.");
}

/// <inheritdoc/>
public sealed class ColumnBuilder<T> : ColumnBuilder where T : unmanaged
{
    readonly List<T> values = [];

    internal ColumnBuilder(DataType type) : base(type) { }

    /// <summary>A value as the column holds it: see <see cref="Column"/>.</summary>
    public void Add(T value)
    {
        values.Add(value);
        Added();
    }

    private protected override void AddBlank() => values.Add(default);

    private protected override void Cut(int count) => CollectionsMarshal.SetCount(values, Math.Min(count, values.Count));

    private protected override void AddClr(object value) => values.Add(ClrValue.TryPhysical(Type, value) is T physical ? physical : throw Unfit(value));

    private protected override Column Build(int count, ReadOnlyMemory<bool> marks)
    {
        var column = new Column<T>(Type, values.ToArray(), marks);
        values.Clear();
        return column;
    }
}

/// <inheritdoc/>
public sealed class BytesBuilder : ColumnBuilder
{
    readonly List<BytesView> views = [];
    byte[] bytes = new byte[256];
    int used;

    internal BytesBuilder(DataType type) : base(type) { }

    /// <summary>UTF-8 for text, anything for binary.</summary>
    public void Add(ReadOnlySpan<byte> value)
    {
        value.CopyTo(Room(value.Length));
        views.Add(new BytesView(used, value.Length));
        used += value.Length;
        Added();
    }

    public void Add(ReadOnlySpan<char> value)
    {
        Encode(value);
        Added();
    }

    private protected override void AddBlank() => views.Add(new BytesView(used, 0));

    private protected override void Cut(int count)
    {
        if (count >= views.Count) return;
        used = views[count].Start;
        CollectionsMarshal.SetCount(views, count);
    }

    private protected override void AddClr(object value)
    {
        switch (value)
        {
            case string text when Type.Kind == TypeKind.Text || (Type is EnumType e && e.Names.Contains(text)):
                Encode(text);
                break;
            case char c when Type.Kind == TypeKind.Text:
                Encode([c]);
                break;
            case System.Enum named when Type is EnumType e && e.Names.Contains(named.ToString()):
                Encode(named.ToString());
                break;
            case byte[] binary when Type.Kind == TypeKind.Binary:
                binary.CopyTo(Room(binary.Length));
                views.Add(new BytesView(used, binary.Length));
                used += binary.Length;
                break;
            default:
                throw Unfit(value);
        }
    }

    private protected override Column Build(int count, ReadOnlyMemory<bool> marks)
    {
        var column = new BytesColumn(Type, bytes.AsMemory(0, used), views.ToArray(), marks);
        views.Clear();
        bytes = new byte[256];
        used = 0;
        return column;
    }

    void Encode(ReadOnlySpan<char> value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        Encoding.UTF8.GetBytes(value, Room(length));
        views.Add(new BytesView(used, length));
        used += length;
    }

    Span<byte> Room(int length)
    {
        if (bytes.Length - used < length) Array.Resize(ref bytes, Math.Max(checked(used + length), (int)Math.Min(bytes.Length * 2L, Array.MaxLength)));
        return bytes.AsSpan(used, length);
    }
}

/// <inheritdoc/>
public sealed class ListBuilder : ColumnBuilder
{
    readonly List<BytesView> views = [];
    int start;

    internal ListBuilder(DataType type, DataType item) : base(type) => Items = For(item);

    /// <summary>Where the items of the list go that <see cref="EndList"/> ends. A map's items are structs of key and value.</summary>
    public ColumnBuilder Items { get; }

    public void EndList()
    {
        Close();
        Added();
    }

    private protected override void AddBlank() => Close();

    private protected override bool HasLoose(int count) => Items.Count > start;

    private protected override void Cut(int count)
    {
        if (count < views.Count)
        {
            start = views[count].Start;
            CollectionsMarshal.SetCount(views, count);
        }
        Items.Truncate(start);
    }

    private protected override void AddClr(object value)
    {
        switch (value)
        {
            case string:
                throw Unfit(value);
            case IDictionary map when Type.Kind == TypeKind.Map:
                foreach (DictionaryEntry entry in map) Items.AddValue(new[] { entry.Key, entry.Value });
                break;
            case IEnumerable list:
                foreach (var item in list) Items.AddValue(item);
                break;
            default:
                throw Unfit(value);
        }
        Close();
    }

    private protected override Column Build(int count, ReadOnlyMemory<bool> marks)
    {
        var column = new ListColumn(Type, views.ToArray(), Items.Build(), marks);
        views.Clear();
        start = 0;
        return column;
    }

    void Close()
    {
        views.Add(new BytesView(start, Items.Count - start));
        start = Items.Count;
    }
}

/// <inheritdoc/>
public sealed class StructBuilder : ColumnBuilder
{
    readonly ColumnBuilder[] fields;

    internal StructBuilder(StructType type) : base(type) => fields = [.. type.Fields.Select(f => For(f.Type))];

    /// <summary>Where the field values of the struct go that <see cref="EndStruct"/> ends, one each.</summary>
    public IReadOnlyList<ColumnBuilder> Fields => fields;

    public void EndStruct() => Added();

    private protected override void AddBlank()
    {
        foreach (var field in fields) field.AddNull();
    }

    private protected override bool HasLoose(int count) => true;

    private protected override void Cut(int count)
    {
        foreach (var field in fields) field.Truncate(count);
    }

    private protected override void AddClr(object value)
    {
        var names = ((StructType)Type).Fields;
        switch (value)
        {
            case IReadOnlyDictionary<string, object?> named:
                for (var i = 0; i < fields.Length; i++) fields[i].AddValue(named.GetValueOrDefault(names[i].Name));
                break;
            case object?[] row when row.Length == fields.Length:
                for (var i = 0; i < fields.Length; i++) fields[i].AddValue(row[i]);
                break;
            default:
                var type = value.GetType();
                for (var i = 0; i < fields.Length; i++)
                    fields[i].AddValue((type.GetProperty(names[i].Name) ?? throw Unfit(value)).GetValue(value));
                break;
        }
    }

    private protected override Column Build(int count, ReadOnlyMemory<bool> marks) =>
        new StructColumn(Type, count, fields.Select(f => f.Build()), marks);
}
