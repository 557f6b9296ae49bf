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

    /// <summary>Whether there are lists, structs and maps.</summary>
    public bool Nested { get; init; } = true;

    /// <summary>Whether C# functions are called.</summary>
    public bool Callbacks { get; init; }

    /// <summary>Whether there are steps of SQL in DuckDB's dialect.</summary>
    public bool Queries { get; init; }

    /// <summary>Whether steps are among them whose result depends on the order of their input, where that input has one: sample, positional join, limit without an order.</summary>
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

    /// <summary>The types of nested columns.</summary>
    public IReadOnlyList<DataType> NestedTypes { get; init; } =
    [.. new[]
    {
        "list<int32?>", "list<text?>", "list<date?>", "list<list<int32?>?>", "list<struct<a: int32?, b: text?>?>", "struct<a: int32?, b: text?>", "struct<n: list<text?>?, m: struct<d: date>>",
        "map<text, int32?>", "map<int32, text?>", "map<text, list<int32?>?>",
    }.Select(DataType.Parse)];
}
