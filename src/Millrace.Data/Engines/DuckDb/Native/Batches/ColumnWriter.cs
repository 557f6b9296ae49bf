namespace Millrace.Data.Engines.DuckDb;

/// <summary>Copies rows of a column of ours into a vector of DuckDB's.</summary>
abstract class ColumnWriter
{
    /// <param name="enumsAsText">As the vectors were declared: see <see cref="DuckDbTypes.ToLogical"/>.</param>
    internal static ColumnWriter For(DataType type, bool enumsAsText = false) => type switch
    {
        { Kind: TypeKind.Boolean } => new PlainWriter<bool>(),
        { Kind: TypeKind.Null } => new NullWriter(),
        { Kind: TypeKind.Int16 } => new PlainWriter<short>(),
        { Kind: TypeKind.Int32 or TypeKind.Date } => new PlainWriter<int>(),
        { Kind: TypeKind.Int64 or TypeKind.Time or TypeKind.Timestamp or TypeKind.Instant } => new PlainWriter<long>(),
        { Kind: TypeKind.Float32 } => new PlainWriter<float>(),
        { Kind: TypeKind.Float64 } => new PlainWriter<double>(),
        { Kind: TypeKind.Duration } => new ConvertingWriter<long, Interval>(v => new Interval(0, 0, v)),
        { Kind: TypeKind.Uuid } => new ConvertingWriter<Guid, Int128>(Uuid),
        // As many bytes as the digits need; a value within the precision always fits.
        DecimalType { Precision: <= 4 } => new ConvertingWriter<Int128, short>(v => (short)v),
        DecimalType { Precision: <= 9 } => new ConvertingWriter<Int128, int>(v => (int)v),
        DecimalType { Precision: <= 18 } => new ConvertingWriter<Int128, long>(v => (long)v),
        DecimalType => new PlainWriter<Int128>(),
        EnumType e when !enumsAsText => new EnumWriter(e),
        { IsBytes: true } => new BytesWriter(),
        ListType list => new ListWriter(For(list.Item.Type, enumsAsText)),
        MapType map => new ListWriter(new StructWriter([For(map.Key.Type, enumsAsText), For(map.Value.Type, enumsAsText)])),
        StructType row => new StructWriter([.. row.Fields.Select(f => For(f.Type, enumsAsText))]),
        _ => throw new PlanException($"DuckDB has no type for {type}."),
    };

    /// <param name="at">The row of the vector that <paramref name="start"/> goes to.</param>
    internal void Write(Column column, int start, int count, VectorWriter to, int at = 0)
    {
        WriteValues(column, start, count, to, at);
        if (!column.MayHaveNulls) return;
        var nulls = column.Nulls.Slice(start, count);
        if (!nulls.Contains(true)) return;
        var validity = to.Validity(at + count);
        for (var i = 0; i < nulls.Length; i++)
        {
            if (nulls[i]) validity[(at + i) >> 6] &= ~(1UL << (at + i));
        }
    }

    private protected abstract void WriteValues(Column column, int start, int count, VectorWriter to, int at);

    static Int128 Uuid(Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        return System.Buffers.Binary.BinaryPrimitives.ReadInt128BigEndian(bytes) ^ Int128.MinValue;
    }
}

sealed class PlainWriter<T> : ColumnWriter where T : unmanaged
{
    private protected override void WriteValues(Column column, int start, int count, VectorWriter to, int at) =>
        ((Column<T>)column).Values.Slice(start, count).CopyTo(to.Values<T>(at + count)[at..]);
}

sealed class ConvertingWriter<TFrom, TTo>(Func<TFrom, TTo> convert) : ColumnWriter
    where TFrom : unmanaged
    where TTo : unmanaged
{
    private protected override void WriteValues(Column column, int start, int count, VectorWriter to, int at)
    {
        var from = ((Column<TFrom>)column).Values.Slice(start, count);
        var values = to.Values<TTo>(at + count)[at..];
        for (var i = 0; i < from.Length; i++) values[i] = convert(from[i]);
    }
}

sealed class NullWriter : ColumnWriter
{
    private protected override void WriteValues(Column column, int start, int count, VectorWriter to, int at) { }
}

sealed class BytesWriter : ColumnWriter
{
    private protected override void WriteValues(Column column, int start, int count, VectorWriter to, int at)
    {
        var source = (BytesColumn)column;
        var bytes = source.Bytes;
        var views = source.Views.Slice(start, count);
        var texts = to.Values<DuckDbText>(at + count);
        for (var i = 0; i < views.Length; i++)
        {
            if (column.MayHaveNulls && column.Nulls[start + i]) texts[at + i] = default;
            else to.Set(texts, at + i, bytes.Slice(views[i].Start, views[i].Length));
        }
    }
}
