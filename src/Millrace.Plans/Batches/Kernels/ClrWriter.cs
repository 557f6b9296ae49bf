namespace Millrace.Plans;

/// <summary>Puts what a function returned into a column.</summary>
abstract class ClrWriter<T>
{
    internal abstract Column Write(Evaluation rows, T[] values, ReadOnlyMemory<bool> skipped, Kernel kernel);

    internal static ClrWriter<T> For(DataType type) => (ClrWriter<T>)(Known(type) ?? Maybe(type) ?? new BoxedWriter<T>());

    static object? Known(DataType type) => type.Kind switch
    {
        TypeKind.Boolean when typeof(T) == typeof(bool) => new SameWriter<bool>(),
        TypeKind.Int16 when typeof(T) == typeof(short) => new SameWriter<short>(),
        TypeKind.Int32 when typeof(T) == typeof(int) => new SameWriter<int>(),
        TypeKind.Int64 when typeof(T) == typeof(long) => new SameWriter<long>(),
        TypeKind.Float32 when typeof(T) == typeof(float) => new SameWriter<float>(),
        TypeKind.Float64 when typeof(T) == typeof(double) => new SameWriter<double>(),
        TypeKind.Uuid when typeof(T) == typeof(Guid) => new SameWriter<Guid>(),
        TypeKind.Date when typeof(T) == typeof(DateOnly) => new MappedWriter<DateOnly, int>(ClrValue.DaysOf),
        TypeKind.Time when typeof(T) == typeof(TimeOnly) => new MappedWriter<TimeOnly, long>(v => v.Ticks / TimeSpan.TicksPerMicrosecond),
        TypeKind.Timestamp when typeof(T) == typeof(DateTime) => new MappedWriter<DateTime, long>(ClrValue.MicrosecondsOf),
        TypeKind.Instant when typeof(T) == typeof(DateTimeOffset) => new MappedWriter<DateTimeOffset, long>(ClrValue.MicrosecondsOf),
        TypeKind.Duration when typeof(T) == typeof(TimeSpan) => new MappedWriter<TimeSpan, long>(ClrValue.MicrosecondsOf),
        TypeKind.Decimal when typeof(T) == typeof(decimal) => new DecimalWriter((DecimalType)type),
        TypeKind.Text when typeof(T) == typeof(string) => new UnicodeWriter(),
        _ => null,
    };

    static object? Maybe(DataType type) => Nullable.GetUnderlyingType(typeof(T)) is { } inner
        ? Activator.CreateInstance(typeof(NullableWriter<>).MakeGenericType(inner), type)
        : null;
}

sealed class SameWriter<T> : ClrWriter<T> where T : unmanaged
{
    internal override Column Write(Evaluation rows, T[] values, ReadOnlyMemory<bool> skipped, Kernel kernel)
    {
        var result = rows.Rent<T>();
        values.AsSpan(0, rows.Count).CopyTo(result);
        return new Column<T>(kernel.Type, result.AsMemory(0, rows.Count), skipped);
    }
}

sealed class MappedWriter<T, TStored>(Func<T, TStored> map) : ClrWriter<T> where TStored : unmanaged
{
    internal override Column Write(Evaluation rows, T[] values, ReadOnlyMemory<bool> skipped, Kernel kernel)
    {
        var result = rows.Rent<TStored>();
        for (var i = 0; i < rows.Count; i++) result[i] = skipped.Length > 0 && skipped.Span[i] ? default : map(values[i]);
        return new Column<TStored>(kernel.Type, result.AsMemory(0, rows.Count), skipped);
    }
}

sealed class DecimalWriter(DecimalType type) : ClrWriter<decimal>
{
    internal override Column Write(Evaluation rows, decimal[] values, ReadOnlyMemory<bool> skipped, Kernel kernel)
    {
        var result = rows.Rent<Int128>();
        for (var i = 0; i < rows.Count; i++)
        {
            result[i] = 0;
            if (skipped.Length > 0 && skipped.Span[i]) continue;
            if (!ClrValue.TryScale(values[i], type, out result[i]))
                rows.Fail(i, new Fault($"doesn't fit {type}", kernel.Expression, ClrValue.Display(values[i]), $"{ClrValue.Display(values[i])} doesn't fit {type} in {kernel.Expression}. Round it in the function."));
        }
        return new Column<Int128>(type, result.AsMemory(0, rows.Count), skipped);
    }
}

sealed class UnicodeWriter : ClrWriter<string?>
{
    internal override Column Write(Evaluation rows, string?[] values, ReadOnlyMemory<bool> skipped, Kernel kernel)
    {
        var result = new BytesWriter(kernel.Type, rows.Count, rows.Memory, guess: rows.Count * 16);
        bool[]? marks = null;
        for (var i = 0; i < rows.Count; i++)
        {
            if (skipped.Length > 0 && skipped.Span[i]) continue;
            if (values[i] is { } text) result.Views[i] = result.AppendText(text);
            else (marks ??= UnaryKernel<bool, bool, NoOp>.Missing(rows, skipped))[i] = true;
        }
        return result.Column(marks is null ? skipped : marks.AsMemory(0, rows.Count));
    }
}

sealed class NullableWriter<T> : ClrWriter<T?> where T : struct
{
    readonly ClrWriter<T> inner;

    public NullableWriter(DataType type) => inner = ClrWriter<T>.For(type);

    internal override Column Write(Evaluation rows, T?[] values, ReadOnlyMemory<bool> skipped, Kernel kernel)
    {
        var marks = UnaryKernel<bool, bool, NoOp>.Missing(rows, skipped);
        using var plain = new RentedValues<T>(rows.Count);
        var any = skipped.Length > 0;
        for (var i = 0; i < rows.Count; i++)
        {
            if (!marks[i]) any |= marks[i] = values[i] is null;
            plain.Items[i] = marks[i] ? default : values[i].GetValueOrDefault();
        }
        return inner.Write(rows, plain.Items, any ? marks.AsMemory(0, rows.Count) : default, kernel);
    }
}

/// <summary>Whatever else a function may return.</summary>
sealed class BoxedWriter<T> : ClrWriter<T>
{
    internal override Column Write(Evaluation rows, T[] values, ReadOnlyMemory<bool> skipped, Kernel kernel)
    {
        var result = ColumnBuilder.For(kernel.Type);
        for (var i = 0; i < rows.Count; i++)
        {
            if (skipped.Length > 0 && skipped.Span[i]) result.AddNull();
            else result.AddValue(values[i]);
        }
        return result.Build();
    }
}
