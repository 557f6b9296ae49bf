using System.Text.Json.Serialization;
using Millrace.Data;

namespace Millrace.Cli.DataWork;

// What --json prints: these names are a promise to scripts.

sealed record WorkView(string? Target, long RowsIn, long RowsWritten, long Changed, long Unchanged, long Deleted, long Rejected,
    IReadOnlyList<RejectView> RejectedBy, long Bytes, double Seconds, string? LimitingStage, IReadOnlyList<StageView> Stages)
{
    internal static WorkView Of(LoadReport report) => new(report.Target, report.RowsIn, report.Written, report.Changed, report.Unchanged, report.Deleted, report.Rejected,
        RejectView.All(report.RejectedBy), report.Bytes, report.Elapsed.TotalSeconds, report.LimitingStage?.Name, StageView.All(report.Stages));

    internal static WorkView Of(WriteReport report) => new(null, report.Rows + (report.Rejects?.Count ?? 0), report.Rows, 0, 0, 0, report.Rejects?.Count ?? 0,
        RejectView.All(report.Rejects?.Counts), report.Bytes, report.Elapsed.TotalSeconds, report.LimitingStage?.Name, StageView.All(report.Stages));
}

sealed record RejectView(string Step, string Rule, long Rows)
{
    internal static IReadOnlyList<RejectView> All(IReadOnlyDictionary<(string Step, string Rule), long>? counts) =>
        [.. (counts ?? new Dictionary<(string, string), long>()).OrderByDescending(c => c.Value).Select(c => new RejectView(c.Key.Step, c.Key.Rule, c.Value))];
}

sealed record StageView(string Name, long RowsIn, long RowsOut, long Rejected, double BusySeconds)
{
    internal static IReadOnlyList<StageView> All(IReadOnlyList<Stage> stages) =>
        [.. stages.Select(s => new StageView(s.Name, s.RowsIn, s.RowsOut, s.Rejected, s.Busy.TotalSeconds))];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(WorkView))]
sealed partial class WorkJson : JsonSerializerContext;
