using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;

namespace Millrace.Data;

/// <summary>What a write did.</summary>
[JsonConverter(typeof(ReportJson))]
public sealed class WriteReport
{
    internal WriteReport(SinkReport written, RunContext run, RejectLog rejects, TimeSpan elapsed)
    {
        (Rows, Bytes, Elapsed) = (written.Rows, written.Bytes, elapsed);
        Rejects = rejects;
        Stages = run.Stages.All;
        LimitingStage = run.Stages.Limiting;
    }

    public long Rows { get; }

    /// <summary>As they lie in the sink, where it knows.</summary>
    public long Bytes { get; }
    public TimeSpan Elapsed { get; }

    /// <summary>The rows that sources and steps refused.</summary>
    public RejectLog Rejects { get; }
    public IReadOnlyList<Stage> Stages { get; }

    /// <summary>The stage that the others waited for.</summary>
    public Stage? LimitingStage { get; }

    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Rows:N0} {(Rows == 1 ? "row" : "rows")} written, {Rejects.Count:N0} rejected in {Elapsed.TotalSeconds:0.0} s");
        // Of a small file the rate is the time that a start takes.
        if (Bytes >= 100_000) text.Append(CultureInfo.InvariantCulture, $" ({Bytes / 1e6:0.0} MB, {Bytes / 1e6 / Elapsed.TotalSeconds:0.0} MB/s)");
        if (LimitingStage is { } limit) text.Append(CultureInfo.InvariantCulture, $", limited by: {limit.Name}");
        return text.Append(Rejects.ToLines()).ToString();
    }
}
