using System.Text.Json.Serialization;

namespace Millrace.Cli.Running;

/// <summary>A line of <c>millrace up --json</c>.</summary>
/// <param name="Event">ready, broker, broker_error, dag, dag_error, run_started, run_ended, stopping or stopped.</param>
sealed record UpEvent(string Event, DateTimeOffset At)
{
    public string? Home { get; init; }
    public string? Store { get; init; }
    public string? Bootstrap { get; init; }
    public string? Dag { get; init; }
    public int? Version { get; init; }
    public string? Source { get; init; }
    public string? Message { get; init; }
    public string? Run { get; init; }
    public string? RunId { get; init; }
    public string? State { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(UpEvent))]
sealed partial class UpEvents : JsonSerializerContext;
