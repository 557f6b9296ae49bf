using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Millrace.Data;

public sealed record DecimalType : DataType
{
    public const int MaxPrecision = 38;

    internal DecimalType(int precision, int scale) : base(TypeKind.Decimal)
    {
        if (precision is < 1 or > MaxPrecision)
            throw new ArgumentOutOfRangeException(nameof(precision), precision, $"A decimal has 1 to {MaxPrecision} digits.");
        if (scale < 0 || scale > precision)
            throw new ArgumentOutOfRangeException(nameof(scale), scale, $"A decimal of {precision} digits has 0 to {precision} of them behind the point.");
        Precision = precision;
        Scale = scale;
    }

    public int Precision { get; }
    public int Scale { get; }

    private protected override void Write(StringBuilder text) =>
        text.Append(CultureInfo.InvariantCulture, $"decimal({Precision},{Scale})");
}

public sealed record EnumType : DataType
{
    internal EnumType(ImmutableArray<string> names) : base(TypeKind.Enum) =>
        Names = names.Length > 0 ? new Sequence<string>(names) : throw new ArgumentException("An enum needs at least one name.", nameof(names));

    public Sequence<string> Names { get; }

    private protected override void Write(StringBuilder text) =>
        text.Append("enum<").AppendJoin('|', Names.Select(TypeParser.Quote)).Append('>');
}

public sealed record ListType : DataType
{
    internal ListType(Field item) : base(TypeKind.List) => Item = item;

    public Field Item { get; }

    private protected override void Write(StringBuilder text) => text.Append("list<").Append(Item.TypeText).Append('>');
}

public sealed record StructType : DataType
{
    internal StructType(Schema fields) : base(TypeKind.Struct) => Fields = fields;

    public Schema Fields { get; }

    private protected override void Write(StringBuilder text) =>
        text.Append("struct<").AppendJoin(", ", Fields.Select(f => $"{TypeParser.Quote(f.Name)}: {f.TypeText}")).Append('>');
}

public sealed record MapType : DataType
{
    internal MapType(Field key, Field value) : base(TypeKind.Map)
    {
        Key = key;
        Value = value;
    }

    public Field Key { get; }
    public Field Value { get; }

    private protected override void Write(StringBuilder text) =>
        text.Append("map<").Append(Key.TypeText).Append(", ").Append(Value.TypeText).Append('>');
}
