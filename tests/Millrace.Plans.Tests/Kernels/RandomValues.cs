namespace Millrace.Plans.Tests;

/// <summary>Values as .NET spells them, extremes and nulls among them.</summary>
static class RandomValues
{
    static readonly string[] words = ["", "a", "B", "ab", "Zürich", "日本", "a b", " x ", "12", "-3.5", "true", "2026-01-31", "😀", "a long text with more than sixteen bytes", "%_"];

    /// <param name="few">Whether values should repeat often.</param>
    internal static object? Of(DataType type, Random random, bool few = false, bool nulls = true)
    {
        if (nulls && random.Next(8) == 0) return null;
        var extreme = !few && random.Next(10) == 0;
        var small = random.Next(-5, 6);
        return type switch
        {
            { Kind: TypeKind.Boolean } => random.Next(2) == 0,
            { Kind: TypeKind.Int16 } => extreme ? Pick(random, short.MinValue, short.MaxValue) : (short)small,
            { Kind: TypeKind.Int32 } => extreme ? Pick(random, int.MinValue, int.MaxValue) : small,
            { Kind: TypeKind.Int64 } => extreme ? Pick(random, long.MinValue, long.MaxValue) : (long)small,
            { Kind: TypeKind.Float32 } => extreme ? Pick(random, float.NaN, float.MaxValue, float.PositiveInfinity, -0f) : small / 2f,
            { Kind: TypeKind.Float64 } => extreme || random.Next(8) == 0 ? Pick(random, double.NaN, double.MaxValue, double.NegativeInfinity, -0.0) : small / 4.0,
            DecimalType d => extreme ? ClrValue.ToDecimal((ClrValue.PowerOfTen(Math.Min(d.Precision, 28)) - 1) * (random.Next(2) == 0 ? 1 : -1), d.Scale) : ClrValue.ToDecimal(small * 5, d.Scale),
            { Kind: TypeKind.Text } => words[random.Next(few ? 5 : words.Length)],
            { Kind: TypeKind.Binary } => new byte[] { 1, (byte)random.Next(3) },
            { Kind: TypeKind.Date } => extreme ? Pick(random, DateOnly.MinValue, DateOnly.MaxValue) : new DateOnly(2024, 2, 27).AddDays(few ? small : random.Next(-20000, 20000)),
            { Kind: TypeKind.Time } => new TimeOnly((few ? small + 5 : random.Next(86_400)) * TimeSpan.TicksPerSecond),
            { Kind: TypeKind.Timestamp } => new DateTime(2024, 2, 27).AddMinutes(few ? small : random.Next(-30_000_000, 30_000_000)),
            { Kind: TypeKind.Instant } => new DateTimeOffset(2024, 2, 27, 0, 0, 0, TimeSpan.Zero).AddMinutes(few ? small : random.Next(-30_000_000, 30_000_000)),
            { Kind: TypeKind.Duration } => TimeSpan.FromSeconds(few ? small : random.Next(-1_000_000, 1_000_000)),
            { Kind: TypeKind.Uuid } => new Guid(small + 5, 0, 0, new byte[8]),
            ListType list => Enumerable.Range(0, random.Next(4)).Select(_ => Of(list.Item.Type, random, few, list.Item.Nullable)).ToList(),
            _ => throw new ArgumentException($"No random {type}."),
        };
    }

    static T Pick<T>(Random random, params T[] values) => values[random.Next(values.Length)];
}
