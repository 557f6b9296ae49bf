using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;

namespace Millrace.Data;

/// <summary>What a load did: <c>RowsIn = Written + Unchanged + Rejected + Skipped</c>, always.</summary>
[JsonConverter(typeof(ReportJson))]
public sealed class LoadReport
{
    readonly LoadCounts counts;
    readonly long refusedBefore;
    readonly string rejectLines;

    internal LoadReport(string target, Load mode, LoadCounts counts, RunContext context, RejectLog rejects, TimeSpan elapsed)
    {
        (Target, Mode, this.counts, Elapsed) = (target, mode, counts, elapsed);
        RejectedBy = rejects.Counts;
        RejectedRows = rejects.All;
        rejectLines = rejects.ToLines();
        refusedBefore = rejects.Count - counts.Rejected;
        Stages = context.Stages.All;
        LimitingStage = context.Stages.Limiting;
        counts.MustAddUp(target);
    }

    public string Target { get; }
    public Load Mode { get; }

    /// <summary>All rows that came to the load or were refused on their way to it.</summary>
    public long RowsIn => counts.In + refusedBefore;

    /// <summary>Rows that the target got: new ones and changed ones.</summary>
    public long Written => counts.Written;
    public long Added => counts.Added;
    public long Changed => counts.Changed;
    public long Unchanged => counts.Unchanged;

    /// <summary>Rows of the target that are no longer there, or no longer current.</summary>
    public long Deleted => counts.Deleted;
    public long Rejected => counts.Rejected + refusedBefore;

    /// <summary>Rows of a load that the target has committed before.</summary>
    public long Skipped => counts.Skipped;

    public IReadOnlyDictionary<(string Step, string Rule), long> RejectedBy { get; }

    /// <summary>The refused rows, as rows to look into or to load somewhere.</summary>
    public Frame<Reject> Rejects => Frame.From(RejectedRows);

    public IReadOnlyList<Reject> RejectedRows { get; }

    /// <summary>How many values of a column the table couldn't hold and the contract let go.</summary>
    public IReadOnlyDictionary<string, long> DiscardedValues => counts.DiscardedValues;

    /// <summary>What changed about the target's shape, a line each.</summary>
    public IReadOnlyList<string> SchemaChanges => counts.SchemaChanges;

    public TimeSpan Elapsed { get; }
    public long Bytes => counts.Bytes;
    public double MegabytesPerSecond => Elapsed > TimeSpan.Zero ? Bytes / 1e6 / Elapsed.TotalSeconds : 0;
    public double RowsPerSecond => Elapsed > TimeSpan.Zero ? RowsIn / Elapsed.TotalSeconds : 0;
    public IReadOnlyList<Stage> Stages { get; }

    /// <summary>The stage that the others waited for.</summary>
    public Stage? LimitingStage { get; }

    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Target}: {RowsIn:N0} {(RowsIn == 1 ? "row" : "rows")} in, {Written:N0} written");
        Say(text, Changed, "changed");
        Say(text, Unchanged, Mode == Load.InsertOnly ? "already there" : "unchanged");
        Say(text, Deleted, Mode == Load.Scd2 ? "closed" : "deleted");
        Say(text, Skipped, "skipped: this load was committed before");
        text.Append(CultureInfo.InvariantCulture, $", {Rejected:N0} rejected");
        text.Append(CultureInfo.InvariantCulture, $" in {Elapsed.TotalSeconds:0.0} s");
        if (Bytes >= 100_000) text.Append(CultureInfo.InvariantCulture, $" ({MegabytesPerSecond:0.0} MB/s)");
        if (LimitingStage is { } limit) text.Append(CultureInfo.InvariantCulture, $", limited by: {limit.Name}");
        text.Append(rejectLines);
        foreach (var (column, values) in DiscardedValues)
            text.Append(CultureInfo.InvariantCulture, $"\n  without its value {values:N0} times: {column}");
        foreach (var change in SchemaChanges) text.Append("\n  ").Append(change);
        return text.ToString();
    }

    static void Say(StringBuilder text, long rows, string what)
    {
        if (rows > 0) text.Append(CultureInfo.InvariantCulture, $", {rows:N0} {what}");
    }
}
