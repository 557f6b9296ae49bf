using Millrace.Data;

namespace Millrace.Testing.Plans;

/// <summary>Values of a type: tame ones, with which one can reckon, and wild ones at the edges of what the type holds.</summary>
public sealed class RandomValues(Random random)
{
    static readonly string[] tameTexts = ["", "a", "b", "A", "abc", "abd", "hello world", "\t padded\u00a0", "x=1", "k=v=w", "42", "-7", "2024-01-31", "a,b,c", "zzz", "Tromsø", "straße", "\u0663", "a\n"];
    static readonly string[] wildTexts = ["", "é", "e\u0301", "ß", "日本語", "😀 smile", "o'clock", "say \"so\"", "back\\slash", "100%", "under_score", "line\nbreak", "tab\there", "Z", "z", "NULL", "null", "$1"];
    static readonly DateTime epoch = new(1970, 1, 1);

    public object Tame(DataType type) => type.Kind switch
    {
        TypeKind.Boolean => random.Next(2) == 0,
        TypeKind.Int16 => (short)random.Next(-9, 10),
        TypeKind.Int32 => random.Next(-99, 100),
        TypeKind.Int64 => random.NextInt64(-999, 1000),
        TypeKind.Float32 => random.Next(-99, 100) / 4f,
        TypeKind.Float64 => random.Next(-999, 1000) / 8.0,
        TypeKind.Decimal => new decimal(random.Next(-99_999, 100_000)) / (decimal)Math.Pow(10, ((DecimalType)type).Scale),
        TypeKind.Text => Pick(tameTexts),
        TypeKind.Binary => Pick<byte[]>([[], [0], [1, 2, 3], [255, 0, 254]]),
        TypeKind.Date => new DateOnly(2024, 2, 27).AddDays(random.Next(-400, 400)),
        TypeKind.Time => new TimeOnly(random.Next(24), random.Next(60), random.Next(60)),
        TypeKind.Timestamp => epoch.AddDays(19_700 + random.Next(500)).AddSeconds(random.Next(86_400)),
        TypeKind.Instant => new DateTimeOffset(epoch.AddDays(19_700 + random.Next(500)).AddSeconds(random.Next(86_400)), TimeSpan.Zero),
        TypeKind.Duration => TimeSpan.FromSeconds(random.Next(-100_000, 100_000)),
        TypeKind.Uuid => new Guid(random.Next(5), 0, 0, [0, 0, 0, 0, 0, 0, 0, (byte)random.Next(3)]),
        TypeKind.Enum => Pick(((EnumType)type).Names),
        TypeKind.List => Items(((ListType)type).Item),
        TypeKind.Struct => ((StructType)type).Fields.ToDictionary(f => f.Name, Item),
        TypeKind.Map => Entries((MapType)type),
        _ => throw new InvalidOperationException($"There are no random values of {type}."),
    };

    public object Wild(DataType type) => random.Next(3) == 0 ? Tame(type) : type.Kind switch
    {
        TypeKind.Int16 => Pick([short.MinValue, short.MaxValue, (short)0, (short)-1]),
        TypeKind.Int32 => Pick([int.MinValue, int.MaxValue, 0, -1]),
        TypeKind.Int64 => Pick([long.MinValue, long.MaxValue, 0L, -1L, 1L << 53, (1L << 53) + 1]),
        TypeKind.Float32 => Pick([float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.Epsilon, 0.1f]),
        TypeKind.Float64 => Pick([double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue, double.Epsilon, 0.1]),
        TypeKind.Decimal => Widest((DecimalType)type),
        TypeKind.Text => Pick(wildTexts),
        TypeKind.Date => Pick([DateOnly.MinValue, DateOnly.MaxValue, new DateOnly(1969, 12, 31), new DateOnly(2000, 2, 29)]),
        TypeKind.Time => Pick([TimeOnly.MinValue, new TimeOnly(863_999_999_990), new TimeOnly(1, 2, 3, 4, 5)]),
        TypeKind.Timestamp => Pick([DateTime.MinValue, new DateTime(9999, 12, 31, 23, 59, 59), epoch.AddTicks(-10), epoch.AddTicks(10)]),
        TypeKind.Instant => Pick([DateTimeOffset.MinValue, new DateTimeOffset(9999, 12, 31, 23, 59, 59, TimeSpan.Zero), DateTimeOffset.UnixEpoch.AddTicks(-10)]),
        TypeKind.Duration => Pick([TimeSpan.Zero, TimeSpan.FromDays(-10_000), TimeSpan.FromDays(36_500), TimeSpan.FromMicroseconds(1)]),
        TypeKind.Uuid => Pick([Guid.Empty, Guid.AllBitsSet, new Guid("00112233-4455-6677-8899-aabbccddeeff")]),
        _ => Tame(type),
    };

    internal T Pick<T>(IReadOnlyList<T> from) => from[random.Next(from.Count)];

    List<object?> Items(Field item) => [.. Enumerable.Range(0, random.Next(4)).Select(_ => Item(item))];

    object? Item(Field field) => field.Nullable && random.Next(5) == 0 ? null : Tame(field.Type);

    Dictionary<object, object?> Entries(MapType type)
    {
        var map = new Dictionary<object, object?>();
        for (var i = random.Next(4); i > 0; i--) map[Tame(type.Key.Type)] = Item(type.Value);
        return map;
    }

    decimal Widest(DecimalType type)
    {
        var nines = decimal.Parse(new string('9', type.Precision), System.Globalization.CultureInfo.InvariantCulture) / (decimal)Math.Pow(10, type.Scale);
        return Pick([nines, -nines, 0m]);
    }
}
