using System.Collections.Concurrent;
using System.Reflection;

namespace Millrace.Data;

/// <summary>How a C# type stands for a row: its members and the constructor that takes them. A single value is a row of one column.</summary>
sealed class RowShape
{
    static readonly ConcurrentDictionary<Type, RowShape> shapes = [];

    RowShape(Type type)
    {
        Type = type;
        if (IsSingle(type))
        {
            Members = [];
            Schema = new Schema(new Field(SingleColumn, RecordSchema.TypeOf(type)!, !type.IsValueType || Nullable.GetUnderlyingType(type) is not null));
            return;
        }
        var properties = RecordSchema.Properties(type);
        Constructor = type.GetConstructors().Where(c => c.GetParameters().All(p => properties.Any(q => IsFor(p, q)))).MaxBy(c => c.GetParameters().Length);
        if (Constructor is null && !type.IsValueType)
            throw new PlanException($"{type.Name} can't be made from a row: it has no public constructor whose parameters are named like its properties.");
        Members = [.. properties.Select(p => new RowMember(p, RecordSchema.FieldOf(p), Constructor?.GetParameters().FirstOrDefault(q => IsFor(q, p))))];
        Schema = RecordSchema.Of(type);
    }

    /// <summary>What the column of a row that is a single value is called.</summary>
    internal const string SingleColumn = "value";

    internal Type Type { get; }
    internal Schema Schema { get; }
    internal IReadOnlyList<RowMember> Members { get; }
    internal ConstructorInfo? Constructor { get; }

    /// <summary>True for a number, a text, a date ...: the type of a value and not of a row.</summary>
    internal bool IsSingleValue => Members.Count == 0;

    internal static RowShape Of<T>() => Of(typeof(T));

    internal static RowShape Of(Type type) => shapes.GetOrAdd(type, t => new RowShape(t));

    internal static bool IsSingle(Type type) => RecordSchema.TypeOf(type) is { Kind: not TypeKind.Struct };

    /// <summary>The plan with its columns in the types of the members, so that expressions mean in it what they mean in C#.</summary>
    internal Relation Over(Relation plan)
    {
        var schema = plan.Schema;
        var changed = false;
        var columns = new NamedExpr[schema.Count];
        for (var i = 0; i < columns.Length; i++) columns[i] = new NamedExpr(schema[i].Name, new ColumnExpr(schema[i].Name));
        if (IsSingleValue && schema.Count != 1)
            throw new PlanException($"A {Type.Name} is one column, and there are {schema.Count}: {string.Join(", ", schema.Names)}. Select one of them first.");
        foreach (var field in Schema)
        {
            var at = IsSingleValue ? 0 : Find(schema, field.Name);
            if (Serves(schema[at].Type, field.Type)) continue;
            if ((schema[at].Type.Kind, field.Type.Kind) == (TypeKind.Timestamp, TypeKind.Instant))
                throw new PlanException($"Column '{schema[at].Name}' is a timestamp that names no zone, and {Type.Name}.{field.Name} is an instant. Make it a DateTime, or say the zone first: With(\"{schema[at].Name}\", Col(\"{schema[at].Name}\").FromZone(\"UTC\")).");
            columns[at] = columns[at] with { Value = new CastExpr(columns[at].Value, field.Type, Rounds: !MayCut(schema[at].Type, field.Type)) };
            changed = true;
        }
        return changed ? new Project(plan, [.. columns]) : plan;
    }

    // Nobody wrote this cast: it is the property's type that asks for it, and must not cost digits.
    static bool MayCut(DataType column, DataType member) => (column, member) switch
    {
        (ListType from, ListType to) => MayCut(from.Item.Type, to.Item.Type),
        (StructType from, StructType to) => from.Fields.Zip(to.Fields).Any(f => MayCut(f.First.Type, f.Second.Type)),
        (_, DecimalType) => column.IsFloat || column.Kind == TypeKind.Text,
        _ => member.IsInteger && (column.IsFloat || column is DecimalType { Scale: > 0 }),
    };

    int Find(Schema schema, string name) => schema.TryIndexOf(name, out var at)
        ? at
        : throw new PlanException($"{Type.Name} has a property '{name}', and there is no such column. The columns are {string.Join(", ", schema.Names)}. Rename a column or put [ColumnName(\"...\")] on the property.");

    /// <summary>Whether values of the column can stand for the member as they are.</summary>
    static bool Serves(DataType column, DataType member) => (column, member) switch
    {
        (DecimalType, DecimalType) => true,
        ({ Kind: TypeKind.Text or TypeKind.Enum }, { Kind: TypeKind.Text or TypeKind.Enum }) => true,
        ({ Kind: TypeKind.Instant or TypeKind.Date }, { Kind: TypeKind.Timestamp }) => true,
        ({ Kind: TypeKind.Null }, _) => true,
        (ListType a, ListType b) => Serves(a.Item.Type, b.Item.Type),
        (MapType a, MapType b) => Serves(a.Key.Type, b.Key.Type) && Serves(a.Value.Type, b.Value.Type),
        (StructType a, StructType b) => b.Fields.All(f => a.Fields.TryIndexOf(f.Name, out var at) && Serves(a.Fields[at].Type, f.Type)),
        _ => column == member,
    };

    static bool IsFor(ParameterInfo parameter, PropertyInfo property) =>
        string.Equals(parameter.Name, property.Name, StringComparison.OrdinalIgnoreCase) && parameter.ParameterType == property.PropertyType;
}

/// <summary>A property that is a column.</summary>
/// <param name="Parameter">The constructor's parameter that takes it; null where the property is set.</param>
sealed record RowMember(PropertyInfo Property, Field Field, ParameterInfo? Parameter);
