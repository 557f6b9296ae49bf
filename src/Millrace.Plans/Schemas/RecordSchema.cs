using System.Reflection;

namespace Millrace.Data;

/// <summary>How many digits a <c>decimal</c> property keeps; without it, 28 of which 8 stand behind the point.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class DigitsAttribute(int precision, int scale) : Attribute
{
    public int Precision { get; } = precision;
    public int Scale { get; } = scale;
}

/// <summary>The column that a property is, where it isn't called like the property.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class ColumnNameAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}

/// <summary>What a C# type looks like as a column, and a record as a schema.</summary>
public static class RecordSchema
{
    static readonly DecimalType DefaultDecimal = DataType.Decimal(28, 8);

    /// <summary>One field a public property, in the order they are declared.</summary>
    public static Schema Of<T>() => Of(typeof(T));

    public static Schema Of(Type record)
    {
        var properties = Properties(record);
        return properties.Count > 0
            ? new Schema(properties.Select(FieldOf))
            : throw new PlanException($"{record.Name} has no public properties, so there are no columns to make of it.");
    }

    /// <summary>
    /// The properties that are columns: those that can be set or that a constructor's parameter sets, not those that only
    /// compute. Where the type is a record, its parameters come first and in their order.
    /// </summary>
    internal static IReadOnlyList<PropertyInfo> Properties(Type record) =>
        [.. record.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.CanRead && p.GetIndexParameters().Length == 0 && (p.SetMethod is { IsPublic: true } || IsParameter(p)))
            .OrderBy(p => p.MetadataToken)];

    static bool IsParameter(PropertyInfo property) =>
        property.DeclaringType!.GetConstructors().Any(c => c.GetParameters().Any(p => p.ParameterType == property.PropertyType && string.Equals(p.Name, property.Name, StringComparison.OrdinalIgnoreCase)));

    internal static string ColumnOf(PropertyInfo property) =>
        property.GetCustomAttribute<ColumnNameAttribute>()?.Name ?? ParameterOf(property)?.GetCustomAttribute<ColumnNameAttribute>()?.Name ?? property.Name;

    internal static Field FieldOf(PropertyInfo property)
    {
        var nullability = new NullabilityInfoContext().Create(property);
        var digits = property.GetCustomAttribute<DigitsAttribute>() ?? ParameterOf(property)?.GetCustomAttribute<DigitsAttribute>();
        var type = digits is null ? TypeOf(property.PropertyType) : DataType.Decimal(digits.Precision, digits.Scale);
        return type is null
            ? throw new PlanException($"{property.DeclaringType?.Name}.{property.Name} is a {property.PropertyType.Name}, and no column type stands for that.")
            : new Field(ColumnOf(property), type, nullability.ReadState != NullabilityState.NotNull);
    }

    /// <summary>The column type of a C# type, its nullability left aside; null where there is none.</summary>
    public static DataType? TypeOf(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsEnum) return DataType.Enum(Enum.GetNames(type));
        if (type == typeof(bool)) return DataType.Boolean;
        if (type == typeof(byte) || type == typeof(sbyte) || type == typeof(short)) return DataType.Int16;
        if (type == typeof(ushort) || type == typeof(int)) return DataType.Int32;
        if (type == typeof(uint) || type == typeof(long)) return DataType.Int64;
        if (type == typeof(ulong)) return DataType.Decimal(20, 0);
        if (type == typeof(float)) return DataType.Float32;
        if (type == typeof(double)) return DataType.Float64;
        if (type == typeof(decimal)) return DefaultDecimal;
        if (type == typeof(string) || type == typeof(char)) return DataType.Text;
        if (type == typeof(byte[])) return DataType.Binary;
        if (type == typeof(DateOnly)) return DataType.Date;
        if (type == typeof(TimeOnly)) return DataType.Time;
        if (type == typeof(DateTime)) return DataType.Timestamp;
        if (type == typeof(DateTimeOffset)) return DataType.Instant;
        if (type == typeof(TimeSpan)) return DataType.Duration;
        if (type == typeof(Guid)) return DataType.Uuid;
        if (Generic(type, typeof(IReadOnlyDictionary<,>)) is [var key, var value])
            return TypeOf(key) is { } k && TypeOf(value) is { } v ? DataType.Map(k, v, MayBeNull(value)) : null;
        if (Generic(type, typeof(IEnumerable<>)) is [var item])
            return TypeOf(item) is { } i ? DataType.List(i, MayBeNull(item)) : null;
        return type is { IsPrimitive: false, Namespace: not null } && type.Namespace.StartsWith("System", StringComparison.Ordinal) || Properties(type).Count == 0
            ? null
            : DataType.Struct(Properties(type).Select(FieldOf));
    }

    static bool MayBeNull(Type type) => !type.IsValueType || Nullable.GetUnderlyingType(type) is not null;

    static Type[]? Generic(Type type, Type definition) =>
        type.GetInterfaces().Prepend(type).FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == definition)?.GetGenericArguments();

    // [Digits] written on a record's parameter stays on the parameter unless it says `property:`.
    static ParameterInfo? ParameterOf(PropertyInfo property) =>
        property.DeclaringType?.GetConstructors().OrderByDescending(c => c.GetParameters().Length).FirstOrDefault()?
            .GetParameters().FirstOrDefault(p => p.Name == property.Name);
}
