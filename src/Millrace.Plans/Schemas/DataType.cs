using System.Text;

namespace Millrace.Data;

/// <summary>The type of a column. Immutable; equal by content; its text form is what <see cref="Parse"/> reads.</summary>
public abstract record DataType
{
    private protected DataType(TypeKind kind) => Kind = kind;

    public TypeKind Kind { get; }

    public static DataType Null { get; } = new SimpleType(TypeKind.Null);
    public static DataType Boolean { get; } = new SimpleType(TypeKind.Boolean);
    public static DataType Int16 { get; } = new SimpleType(TypeKind.Int16);
    public static DataType Int32 { get; } = new SimpleType(TypeKind.Int32);
    public static DataType Int64 { get; } = new SimpleType(TypeKind.Int64);
    public static DataType Float32 { get; } = new SimpleType(TypeKind.Float32);
    public static DataType Float64 { get; } = new SimpleType(TypeKind.Float64);
    public static DataType Text { get; } = new SimpleType(TypeKind.Text);
    public static DataType Binary { get; } = new SimpleType(TypeKind.Binary);
    public static DataType Date { get; } = new SimpleType(TypeKind.Date);
    public static DataType Time { get; } = new SimpleType(TypeKind.Time);
    public static DataType Timestamp { get; } = new SimpleType(TypeKind.Timestamp);
    public static DataType Instant { get; } = new SimpleType(TypeKind.Instant);
    public static DataType Duration { get; } = new SimpleType(TypeKind.Duration);
    public static DataType Uuid { get; } = new SimpleType(TypeKind.Uuid);

    /// <param name="precision">Digits in all, 1 to 38.</param>
    /// <param name="scale">Digits behind the point.</param>
    public static DecimalType Decimal(int precision, int scale) => new(precision, scale);

    public static EnumType Enum(params IEnumerable<string> names) => new([.. names]);

    public static ListType List(DataType item, bool nullable = true) => new(new Field("item", item, nullable));

    public static StructType Struct(params IEnumerable<Field> fields) => new(new Schema(fields));

    public static MapType Map(DataType key, DataType value, bool nullable = true) =>
        new(new Field("key", key, Nullable: false), new Field("value", value, nullable));

    public bool IsInteger => Kind is TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64;
    public bool IsFloat => Kind is TypeKind.Float32 or TypeKind.Float64;
    public bool IsNumeric => IsInteger || IsFloat || Kind == TypeKind.Decimal;
    public bool IsNested => Kind is TypeKind.List or TypeKind.Struct or TypeKind.Map;

    /// <summary>Carried as bytes: text, binary and the names of an enum.</summary>
    public bool IsBytes => Kind is TypeKind.Text or TypeKind.Binary or TypeKind.Enum;

    /// <summary>Reads what <see cref="ToString"/> wrote: <c>int32</c>, <c>decimal(18,2)</c>, <c>list&lt;text?&gt;</c>.</summary>
    public static DataType Parse(string text) => new TypeParser(text).Whole();

    public sealed override string ToString()
    {
        var text = new StringBuilder();
        Write(text);
        return text.ToString();
    }

    private protected abstract void Write(StringBuilder text);

    sealed record SimpleType : DataType
    {
        internal SimpleType(TypeKind kind) : base(kind) { }

        private protected override void Write(StringBuilder text) => text.Append(Kind.ToString().ToLowerInvariant());
    }
}
