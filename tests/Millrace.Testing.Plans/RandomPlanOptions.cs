using Millrace.Data;

namespace Millrace.Testing.Plans;

public sealed record RandomPlanOptions
{
    /// <summary>Steps in all.</summary>
    public int Steps { get; init; } = 6;

    /// <summary>The most rows that a table has.</summary>
    public int Rows { get; init; } = 60;

    /// <summary>Whether steps that people say are among them, or core steps only.</summary>
    public bool Rich { get; init; } = true;

    /// <summary>Whether lists and structs are made.</summary>
    public bool Nested { get; init; } = true;

    /// <summary>Whether steps are among them whose result depends on the order of their input: sample, positional join, limit without an order.</summary>
    public bool OrderDependent { get; init; }

    /// <summary>Whether steps may refuse rows.</summary>
    public bool Rejects { get; init; }

    public bool Joins { get; init; } = true;

    public bool Windows { get; init; } = true;

    /// <summary>The types of columns.</summary>
    public IReadOnlyList<DataType> Types { get; init; } =
    [
        DataType.Boolean, DataType.Int16, DataType.Int32, DataType.Int64, DataType.Float32, DataType.Float64, DataType.Decimal(9, 2), DataType.Decimal(18, 4),
        DataType.Text, DataType.Text, DataType.Binary, DataType.Date, DataType.Time, DataType.Timestamp, DataType.Instant, DataType.Duration, DataType.Uuid,
        DataType.Enum("red", "green", "dark blue"),
    ];
}
