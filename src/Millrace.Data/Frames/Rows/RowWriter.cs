using System.Linq.Expressions;
using System.Reflection;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Puts rows of <typeparamref name="T"/> into the columns of a batch: one compiled expression, nothing boxed on the way.</summary>
static class RowWriter<T>
{
    static readonly Lazy<Action<T, ColumnBuilder[]>> write = new(Compile);

    internal static Schema Schema => RowShape.Of<T>().Schema;

    internal static void Add(T row, ColumnBuilder[] columns) => write.Value(row, columns);

    static Action<T, ColumnBuilder[]> Compile()
    {
        var (row, columns) = (Expression.Parameter(typeof(T)), Expression.Parameter(typeof(ColumnBuilder[])));
        var body = CellWriting.Row(typeof(T), row, i => Expression.ArrayIndex(columns, Expression.Constant(i)));
        return Expression.Lambda<Action<T, ColumnBuilder[]>>(body, row, columns).Compile();
    }
}

/// <summary>Builds the expressions that add a value of a C# type to a column.</summary>
static class CellWriting
{
    const BindingFlags Hidden = BindingFlags.Static | BindingFlags.NonPublic;

    internal static Expression Row(Type type, Expression row, Func<int, Expression> column)
    {
        var shape = RowShape.Of(type);
        return shape.IsSingleValue
            ? Cell(type, shape.Schema[0], row, column(0))
            : Expression.Block(shape.Members.Select((m, i) => Cell(m.Property.PropertyType, m.Field, Expression.Property(row, m.Property), column(i))));
    }

    static Expression Cell(Type type, Field field, Expression value, Expression column)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        if (bare.IsValueType && bare == type) return Add(type, field, value, column);
        // Read once: the getter may compute.
        var held = Expression.Variable(type);
        var some = bare == type ? (Expression)held : Expression.Property(held, "Value");
        var missing = field.Nullable
            ? Expression.Call(column, nameof(ColumnBuilder.AddNull), null)
            : Expression.Call(typeof(CellWriting).GetMethod(nameof(Missing), Hidden)!, Expression.Constant(field.Name));
        return Expression.Block([held], Expression.Assign(held, value), Expression.IfThenElse(
            Expression.Equal(held, Expression.Constant(null, type)), missing, Add(bare, field, some, column)));
    }

    static Expression Add(Type type, Field field, Expression value, Expression column)
    {
        if (type.IsEnum) return Call(nameof(AddText), Expression.Call(value, nameof(ToString), null));
        return field.Type.Kind switch
        {
            TypeKind.Boolean => Physical(typeof(bool), value),
            TypeKind.Int16 => Physical(typeof(short), value),
            TypeKind.Int32 => Physical(typeof(int), value),
            TypeKind.Int64 => Physical(typeof(long), value),
            TypeKind.Float32 => Physical(typeof(float), value),
            TypeKind.Float64 => Physical(typeof(double), value),
            TypeKind.Uuid => Physical(typeof(Guid), value),
            TypeKind.Date => Call(nameof(AddDate), value),
            TypeKind.Time => Call(nameof(AddTime), value),
            TypeKind.Timestamp => Call(nameof(AddTimestamp), value),
            TypeKind.Instant => Call(nameof(AddInstant), value),
            TypeKind.Duration => Call(nameof(AddDuration), value),
            TypeKind.Text when type == typeof(char) => Call(nameof(AddText), Expression.Call(value, nameof(ToString), null)),
            TypeKind.Text => Call(nameof(AddText), value),
            TypeKind.Binary => Call(nameof(AddBytes), value),
            TypeKind.Decimal => Call(nameof(AddDecimal), Expression.Convert(value, typeof(decimal)), Expression.Constant(field.Name)),
            TypeKind.Struct => Struct(type, value, column),
            TypeKind.List => Items(type, ((ListType)field.Type).Item, value, column),
            // Maps are rare in rows: they go by their boxed entries.
            _ => Expression.Call(column, nameof(ColumnBuilder.AddValue), null, Expression.Convert(value, typeof(object))),
        };

        Expression Call(string method, params Expression[] rest) =>
            Expression.Call(typeof(CellWriting).GetMethod(method, Hidden)!, [column, .. rest]);

        Expression Physical(Type physical, Expression v) =>
            Expression.Call(typeof(CellWriting).GetMethod(nameof(AddPhysical), Hidden)!.MakeGenericMethod(physical), column, v.Type == physical ? v : Expression.Convert(v, physical));
    }

    static BlockExpression Struct(Type type, Expression value, Expression column)
    {
        var made = Expression.Variable(typeof(StructBuilder));
        return Expression.Block([made],
            Expression.Assign(made, Expression.Convert(column, typeof(StructBuilder))),
            Row(type, value, i => Expression.Property(Expression.Property(made, nameof(StructBuilder.Fields)), "Item", Expression.Constant(i))),
            Expression.Call(made, nameof(StructBuilder.EndStruct), null));
    }

    static MethodCallExpression Items(Type type, Field item, Expression value, Expression column)
    {
        var of = type.GetInterfaces().Prepend(type).First(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>)).GetGenericArguments()[0];
        var (one, items) = (Expression.Parameter(of), Expression.Parameter(typeof(ColumnBuilder)));
        var add = Expression.Lambda(typeof(Action<,>).MakeGenericType(of, typeof(ColumnBuilder)), Cell(of, item, one, items), one, items);
        return Expression.Call(typeof(CellWriting).GetMethod(nameof(AddList), Hidden)!.MakeGenericMethod(of), column, value, add);
    }

    static void AddPhysical<T>(ColumnBuilder column, T value) where T : unmanaged => ((ColumnBuilder<T>)column).Add(value);
    static void AddText(ColumnBuilder column, string value) => ((BytesBuilder)column).Add(value.AsSpan());
    static void AddBytes(ColumnBuilder column, byte[] value) => ((BytesBuilder)column).Add(value.AsSpan());
    static void AddDate(ColumnBuilder column, DateOnly value) => ((ColumnBuilder<int>)column).Add(ClrValue.DaysOf(value));
    static void AddTime(ColumnBuilder column, TimeOnly value) => ((ColumnBuilder<long>)column).Add(value.Ticks / TimeSpan.TicksPerMicrosecond);
    static void AddTimestamp(ColumnBuilder column, DateTime value) => ((ColumnBuilder<long>)column).Add(ClrValue.MicrosecondsOf(value));
    static void AddInstant(ColumnBuilder column, DateTimeOffset value) => ((ColumnBuilder<long>)column).Add(ClrValue.MicrosecondsOf(value));
    static void AddDuration(ColumnBuilder column, TimeSpan value) => ((ColumnBuilder<long>)column).Add(ClrValue.MicrosecondsOf(value));

    static void AddDecimal(ColumnBuilder column, decimal value, string name)
    {
        if (!ClrValue.TryScale(value, (DecimalType)column.Type, out var unscaled))
            throw new PlanException($"{ClrValue.Display(value)} doesn't fit column '{name}', a {column.Type}. Put [Digits(precision, scale)] on the property, or round the value.");
        ((ColumnBuilder<Int128>)column).Add(unscaled);
    }

    static void AddList<T>(ColumnBuilder column, IEnumerable<T> values, Action<T, ColumnBuilder> add)
    {
        var list = (ListBuilder)column;
        foreach (var value in values) add(value, list.Items);
        list.EndList();
    }

    static void Missing(string column) =>
        throw new PlanException($"Column '{column}' may not be null by its declaration, and a row has null there. Declare the property nullable.");
}
