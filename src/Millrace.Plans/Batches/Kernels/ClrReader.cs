using System.Collections.Concurrent;
using System.Text;

namespace Millrace.Plans;

/// <summary>Takes the values of a column out as .NET values of one type, many at a time. In a null's place stands the type's default.</summary>
abstract class ClrReader<T>
{
    internal abstract void Read(Column column, T[] into);

    internal static ClrReader<T> For(DataType type)
    {
        if (Nullable.GetUnderlyingType(typeof(T)) is { } inner)
            return (ClrReader<T>)Activator.CreateInstance(typeof(NullableReader<>).MakeGenericType(inner), type)!;
        return (ClrReader<T>)((object?)Known(type) ?? new BoxedReader<T>());
    }

    static object? Known(DataType type) => type.Kind switch
    {
        TypeKind.Boolean when typeof(T) == typeof(bool) => new SameReader<bool>(),
        TypeKind.Int16 when typeof(T) == typeof(short) => new SameReader<short>(),
        TypeKind.Int32 when typeof(T) == typeof(int) => new SameReader<int>(),
        TypeKind.Int64 when typeof(T) == typeof(long) => new SameReader<long>(),
        TypeKind.Float32 when typeof(T) == typeof(float) => new SameReader<float>(),
        TypeKind.Float64 when typeof(T) == typeof(double) => new SameReader<double>(),
        TypeKind.Uuid when typeof(T) == typeof(Guid) => new SameReader<Guid>(),
        TypeKind.Decimal when typeof(T) == typeof(decimal) => new DecimalReader(((DecimalType)type).Scale),
        TypeKind.Date when typeof(T) == typeof(DateOnly) => new MappedReader<int, DateOnly>(ClrValue.Epoch.AddDays),
        TypeKind.Time when typeof(T) == typeof(TimeOnly) => new MappedReader<long, TimeOnly>(v => new TimeOnly(v * TimeSpan.TicksPerMicrosecond)),
        TypeKind.Timestamp when typeof(T) == typeof(DateTime) => new MappedReader<long, DateTime>(ClrValue.DateTimeOf),
        TypeKind.Instant when typeof(T) == typeof(DateTime) => new MappedReader<long, DateTime>(v => DateTime.SpecifyKind(ClrValue.DateTimeOf(v), DateTimeKind.Utc)),
        TypeKind.Instant when typeof(T) == typeof(DateTimeOffset) => new MappedReader<long, DateTimeOffset>(v => new DateTimeOffset(ClrValue.DateTimeOf(v), TimeSpan.Zero)),
        TypeKind.Duration when typeof(T) == typeof(TimeSpan) => new MappedReader<long, TimeSpan>(v => new TimeSpan(v * TimeSpan.TicksPerMicrosecond)),
        TypeKind.Text or TypeKind.Enum when typeof(T) == typeof(string) => new TextReader(),
        _ => null,
    };
}

sealed class SameReader<T> : ClrReader<T> where T : unmanaged
{
    internal override void Read(Column column, T[] into) => ((Column<T>)column).Values.CopyTo(into);
}

sealed class MappedReader<TStored, T>(Func<TStored, T> map) : ClrReader<T> where TStored : unmanaged
{
    internal override void Read(Column column, T[] into)
    {
        var values = ((Column<TStored>)column).Values;
        for (var i = 0; i < values.Length; i++) into[i] = column.IsNull(i) ? default! : map(values[i]);
    }
}

sealed class DecimalReader(int scale) : ClrReader<decimal>
{
    internal override void Read(Column column, decimal[] into)
    {
        var values = ((Column<Int128>)column).Values;
        for (var i = 0; i < values.Length; i++) into[i] = column.IsNull(i) ? 0 : ClrValue.ToDecimal(values[i], scale);
    }
}

sealed class NullableReader<T> : ClrReader<T?> where T : struct
{
    readonly ClrReader<T> inner;

    public NullableReader(DataType type) => inner = ClrReader<T>.For(type);

    internal override void Read(Column column, T?[] into)
    {
        using var values = new RentedValues<T>(column.Count);
        inner.Read(column, values.Items);
        for (var i = 0; i < column.Count; i++) into[i] = column.IsNull(i) ? null : values.Items[i];
    }
}

sealed class TextReader : ClrReader<string?>
{
    internal override void Read(Column column, string?[] into)
    {
        var text = (BytesColumn)column;
        for (var i = 0; i < text.Count; i++) into[i] = text.IsNull(i) ? null : Encoding.UTF8.GetString(text[i]);
    }
}

/// <summary>Whatever else a parameter may be: lists, maps, C# enums, object.</summary>
sealed class BoxedReader<T> : ClrReader<T>
{
    internal override void Read(Column column, T[] into)
    {
        for (var i = 0; i < column.Count; i++) into[i] = (T)BoxedReader.Value(column, i, typeof(T))!;
    }
}

static class BoxedReader
{
    static readonly ConcurrentDictionary<(Type, string), object> names = new();

    internal static object? Value(Column column, int row, Type type)
    {
        var value = column.ValueAt(row);
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (value is null) return type.IsValueType ? Activator.CreateInstance(type) : null;
        if (type.IsInstanceOfType(value)) return value;
        if (type.IsEnum && value is string name) return names.GetOrAdd((type, name), static key => Enum.Parse(key.Item1, key.Item2));
        if (value is List<object?> list && type.IsArray)
        {
            var array = Array.CreateInstance(type.GetElementType()!, list.Count);
            for (var i = 0; i < list.Count; i++) array.SetValue(list[i], i);
            return array;
        }
        if (value is List<object?> items && type.IsGenericType && typeof(List<>).MakeGenericType(type.GetGenericArguments()[0]) is var made && type.IsAssignableFrom(made))
        {
            var result = (System.Collections.IList)Activator.CreateInstance(made)!;
            foreach (var item in items) result.Add(item);
            return result;
        }
        return value is DateTimeOffset instant && type == typeof(DateTime) ? instant.UtcDateTime : Convert.ChangeType(value, type, System.Globalization.CultureInfo.InvariantCulture);
    }
}
