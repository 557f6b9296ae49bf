using System.Linq.Expressions;
using System.Numerics;
using System.Reflection;
using System.Text;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Builds the expressions that take a value of a C# type out of a column.</summary>
/// <param name="first">How many rows were read before this batch, for messages.</param>
sealed class CellReading(Expression first)
{
    const BindingFlags Hidden = BindingFlags.Static | BindingFlags.NonPublic;

    /// <summary>A row, or a struct, out of columns that are each reached by <paramref name="column"/>.</summary>
    internal Expression Row(Type type, Schema schema, Func<int, Expression> column, Expression row)
    {
        var shape = RowShape.Of(type);
        if (shape.IsSingleValue) return Cell(type, shape.Schema[0].Nullable, schema[0], column(0), row);
        var values = shape.Members.ToDictionary(m => m, m =>
        {
            var at = schema.IndexOf(m.Field.Name);
            return Cell(m.Property.PropertyType, m.Field.Nullable, schema[at], column(at), row);
        });
        var arguments = shape.Constructor?.GetParameters().Select(p => values[shape.Members.First(m => m.Parameter?.Name == p.Name)]);
        var made = shape.Constructor is null ? Expression.New(type) : Expression.New(shape.Constructor, arguments!);
        var rest = shape.Members.Where(m => m.Parameter is null && m.Property.SetMethod is { IsPublic: true }).ToList();
        return rest.Count == 0 ? made : Expression.MemberInit(made, rest.Select(m => Expression.Bind(m.Property, values[m])));
    }

    ConditionalExpression Cell(Type type, bool nullable, Field field, Expression column, Expression row)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        var value = Value(bare, field, column, row);
        if (type != bare) value = Expression.Convert(value, type);
        var missing = nullable
            ? (Expression)Expression.Default(type)
            : Expression.Call(typeof(CellReading).GetMethod(nameof(Missing), Hidden)!.MakeGenericMethod(type), Expression.Constant(field.Name), row, first);
        return Expression.Condition(Expression.Call(column, nameof(Column.IsNull), null, row), missing, value);
    }

    Expression Value(Type type, Field field, Expression column, Expression row)
    {
        var of = field.Type;
        if (type == typeof(object)) return Call(nameof(Anything));
        if (type.IsEnum && of.Kind is TypeKind.Text or TypeKind.Enum) return Call(nameof(EnumOf), type);
        if (type.IsEnum && of.Kind == TypeKind.Int32) return Expression.Convert(Call(nameof(Physical), typeof(int)), type);
        switch (of.Kind)
        {
            case TypeKind.Null: return Expression.Default(type);
            case TypeKind.Boolean when type == typeof(bool): return Call(nameof(Physical), typeof(bool));
            case TypeKind.Int16 when IsNumber(type): return Number(typeof(short));
            case TypeKind.Int32 when IsNumber(type): return Number(typeof(int));
            case TypeKind.Int64 when IsNumber(type): return Number(typeof(long));
            case TypeKind.Float32 when IsNumber(type): return Number(typeof(float));
            case TypeKind.Float64 when IsNumber(type): return Number(typeof(double));
            case TypeKind.Decimal when IsNumber(type):
                var exact = Expression.Call(typeof(CellReading).GetMethod(nameof(DecimalOf), Hidden)!, column, row, Expression.Constant(((DecimalType)of).Scale));
                return type == typeof(decimal) ? exact : Expression.ConvertChecked(exact, type);
            case TypeKind.Text or TypeKind.Enum when type == typeof(string): return Call(nameof(TextOf));
            case TypeKind.Text when type == typeof(char): return Call(nameof(CharOf));
            case TypeKind.Binary when type == typeof(byte[]): return Call(nameof(BytesOf));
            case TypeKind.Date when type == typeof(DateOnly): return Call(nameof(DateOf));
            case TypeKind.Date when type == typeof(DateTime): return Call(nameof(MidnightOf));
            case TypeKind.Time when type == typeof(TimeOnly): return Call(nameof(TimeOf));
            case TypeKind.Timestamp when type == typeof(DateTime): return Call(nameof(TimestampOf));
            case TypeKind.Instant when type == typeof(DateTimeOffset): return Call(nameof(InstantOf));
            case TypeKind.Instant when type == typeof(DateTime): return Call(nameof(UtcOf));
            case TypeKind.Duration when type == typeof(TimeSpan): return Call(nameof(DurationOf));
            case TypeKind.Uuid when type == typeof(Guid): return Call(nameof(Physical), typeof(Guid));
            case TypeKind.Struct:
                var children = ((StructType)of).Fields;
                return Row(type, children, i => Expression.Call(typeof(CellReading).GetMethod(nameof(ChildOf), Hidden)!, column, Expression.Constant(i)), row);
            case TypeKind.List when ItemOf(type) is { } item: return Items(type, item, ((ListType)of).Item, column, row);
            case TypeKind.Map when Generic(type, typeof(IReadOnlyDictionary<,>)) is [var key, var held]: return Map(type, key, held, (MapType)of, column, row);
            default: throw new PlanException($"Column '{field}' can't be read as {TypeName.Of(type)}. Cast the column, or declare the property as what the column holds.");
        }

        Expression Call(string method, params Type[] types)
        {
            var found = typeof(CellReading).GetMethod(method, Hidden)!;
            return Expression.Call(types.Length == 0 ? found : found.MakeGenericMethod(types), column, row);
        }

        Expression Number(Type physical)
        {
            if (type == physical) return Call(nameof(Physical), physical);
            var narrowed = typeof(CellReading).GetMethod(nameof(Narrowed), Hidden)!.MakeGenericMethod(physical, type);
            return Expression.Call(narrowed, column, row, first, Expression.Constant(field.Name));
        }
    }

    Expression Items(Type type, Type item, Field field, Expression column, Expression row)
    {
        var get = ItemReader(item, field);
        var list = Expression.Call(typeof(CellReading).GetMethod(nameof(ListOf), Hidden)!.MakeGenericMethod(item), column, row, get, first);
        if (type.IsAssignableFrom(list.Type)) return list;
        if (type.IsArray) return Expression.Call(list, nameof(List<>.ToArray), null);
        var made = type.GetConstructor([typeof(IEnumerable<>).MakeGenericType(item)])
            ?? throw new PlanException($"A list can't be read as {TypeName.Of(type)}. Declare the property as List<{TypeName.Of(item)}> or {TypeName.Of(item)}[].");
        return Expression.New(made, list);
    }

    MethodCallExpression Map(Type type, Type key, Type value, MapType map, Expression column, Expression row)
    {
        var method = typeof(CellReading).GetMethod(nameof(MapOf), Hidden)!.MakeGenericMethod(key, value);
        var read = Expression.Call(method, column, row, ItemReader(key, map.Key), ItemReader(value, map.Value), first);
        return type.IsAssignableFrom(read.Type) ? read : throw new PlanException($"A map can't be read as {TypeName.Of(type)}. Declare the property as Dictionary<{TypeName.Of(key)}, {TypeName.Of(value)}>.");
    }

    // Items are read by a delegate of their own: the loop over them is written in C#.
    static LambdaExpression ItemReader(Type item, Field field)
    {
        var (items, at, before) = (Expression.Parameter(typeof(Column)), Expression.Parameter(typeof(int)), Expression.Parameter(typeof(long)));
        var nullable = !item.IsValueType || Nullable.GetUnderlyingType(item) is not null;
        var body = new CellReading(before).Cell(item, nullable, field, items, at);
        return Expression.Lambda(typeof(Func<,,,>).MakeGenericType(typeof(Column), typeof(int), typeof(long), item), body, items, at, before);
    }

    static Type? ItemOf(Type type) => type == typeof(string) ? null : Generic(type, typeof(IEnumerable<>)) is [var item] ? item : null;

    static Type[]? Generic(Type type, Type definition) =>
        type.GetInterfaces().Prepend(type).FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == definition)?.GetGenericArguments();

    static bool IsNumber(Type type) => type.IsPrimitive && type != typeof(bool) && type != typeof(char) || type == typeof(decimal);

    static T Physical<T>(Column column, int row) where T : unmanaged => ((Column<T>)column).Values[row];
    static object Anything(Column column, int row) => column.ValueAt(row)!;
    static string TextOf(Column column, int row) => Encoding.UTF8.GetString(((BytesColumn)column)[row]);
    static byte[] BytesOf(Column column, int row) => ((BytesColumn)column)[row].ToArray();
    static decimal DecimalOf(Column column, int row, int scale) => ClrValue.ToDecimal(((Column<Int128>)column).Values[row], scale);
    static DateOnly DateOf(Column column, int row) => ClrValue.Epoch.AddDays(((Column<int>)column).Values[row]);
    static DateTime MidnightOf(Column column, int row) => DateOf(column, row).ToDateTime(TimeOnly.MinValue);
    static TimeOnly TimeOf(Column column, int row) => new(((Column<long>)column).Values[row] * TimeSpan.TicksPerMicrosecond);
    static DateTime TimestampOf(Column column, int row) => ClrValue.DateTimeOf(((Column<long>)column).Values[row]);
    static DateTime UtcOf(Column column, int row) => DateTime.SpecifyKind(TimestampOf(column, row), DateTimeKind.Utc);
    static DateTimeOffset InstantOf(Column column, int row) => new(TimestampOf(column, row), TimeSpan.Zero);
    static TimeSpan DurationOf(Column column, int row) => new(((Column<long>)column).Values[row] * TimeSpan.TicksPerMicrosecond);
    static Column ChildOf(Column column, int child) => ((StructColumn)column).Children[child];

    static char CharOf(Column column, int row) =>
        TextOf(column, row) is [var only] ? only : throw new PlanException($"'{TextOf(column, row)}' is not one character. Declare the property as a string.");

    static T EnumOf<T>(Column column, int row) where T : struct, Enum =>
        Enum.TryParse<T>(TextOf(column, row), out var value)
            ? value
            : throw new PlanException($"'{TextOf(column, row)}' is none of {typeof(T).Name}: {string.Join(", ", Enum.GetNames<T>())}. Add it to the enum, or declare the property as a string.");

    static List<T> ListOf<T>(Column column, int row, Func<Column, int, long, T> item, long first)
    {
        var lists = (ListColumn)column;
        var (start, length) = lists.Views[row];
        var list = new List<T>(length);
        for (var i = start; i < start + length; i++) list.Add(item(lists.Items, i, first));
        return list;
    }

    static Dictionary<TKey, TValue> MapOf<TKey, TValue>(Column column, int row, Func<Column, int, long, TKey> key, Func<Column, int, long, TValue> value, long first) where TKey : notnull
    {
        var maps = (ListColumn)column;
        var pairs = (StructColumn)maps.Items;
        var (start, length) = maps.Views[row];
        var map = new Dictionary<TKey, TValue>(length);
        for (var i = start; i < start + length; i++) map[key(pairs.Children[0], i, first)] = value(pairs.Children[1], i, first);
        return map;
    }

    static T Missing<T>(string column, int row, long first) =>
        throw new PlanException($"Column '{column}' is null in row {first + row + 1}, and {TypeName.Of(typeof(T))} can't be. Declare the property as {TypeName.Of(typeof(T))}?, or fill or filter the nulls first.");

    static TTo Narrowed<TFrom, TTo>(Column column, int row, long first, string name) where TFrom : unmanaged, INumberBase<TFrom> where TTo : INumberBase<TTo>
    {
        var value = ((Column<TFrom>)column).Values[row];
        try
        {
            return TTo.CreateChecked(value);
        }
        catch (OverflowException)
        {
            throw new PlanException($"Column '{name}' holds {ClrValue.Display(value)} in row {first + row + 1}, which doesn't fit {TypeName.Of(typeof(TTo))}. Declare a wider type.");
        }
    }
}
