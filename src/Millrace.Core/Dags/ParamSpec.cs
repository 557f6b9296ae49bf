namespace Millrace.Dags;

public enum ParamType { Text, Integer, Number, Boolean, Date, DateTime, Choice, Json }

/// <summary>A run's parameter: its type, default and bounds, from which its JSON schema and its checks come.</summary>
public sealed record ParamSpec
{
    public required string Name { get; init; }
    public required ParamType Type { get; init; }
    public string? Description { get; init; }
    /// <summary>JSON; null means that a value must be given.</summary>
    public string? Default { get; init; }
    public decimal? Minimum { get; init; }
    public decimal? Maximum { get; init; }
    public int? MinLength { get; init; }
    public int? MaxLength { get; init; }
    public string? Pattern { get; init; }
    /// <summary>Of a choice: the values allowed.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];
}
