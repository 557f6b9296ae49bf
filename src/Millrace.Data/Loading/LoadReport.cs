using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;

namespace Millrace.Data;

/// <summary>What a load did: <c>RowsIn = Written + Unchanged + Rejected</c>, always. Disposing it deletes the file that rejects beyond the first lie in.</summary>
[JsonConverter(typeof(ReportJson))]
public sealed class LoadReport : IDisposable
{
    readonly LoadCounts counts;
    readonly long refusedBefore;
    readonly RejectLog rejects;
    readonly bool ownsRejects;
    readonly string rejectLines;

    internal LoadReport(string target, Load mode, LoadWriter writer, RunContext context, bool ownsRejects, TimeSpan elapsed)
    {
        (Target, Mode, counts, Elapsed, WasLoadedBefore) = (target, mode, writer.Counts, elapsed, writer.IsDone);
        (rejects, this.ownsRejects) = (writer.Rejects, ownsRejects);
        RejectedBy = rejects.Counts;
        RejectedRows = rejects.First;
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

    /// <summary>The target has committed a load of this id before: nothing was read and nothing written.</summary>
    public bool WasLoadedBefore { get; }

    public IReadOnlyDictionary<(string Step, string Rule), long> RejectedBy { get; }

    /// <summary>All refused rows, as rows to look into or to load somewhere; as long as the report, or the run's own log, isn't disposed.</summary>
    public Frame<Reject> Rejects => Frame.From(rejects.ReadAsync());

    /// <summary>The first refused rows, at most <see cref="RejectLog.InMemory"/>.</summary>
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
        if (WasLoadedBefore) text.Append(", as this load was committed before");
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

    public void Dispose()
    {
        // A run's own log is its owner's.
        if (ownsRejects) rejects.Dispose();
    }

    static void Say(StringBuilder text, long rows, string what)
    {
        if (rows > 0) text.Append(CultureInfo.InvariantCulture, $", {rows:N0} {what}");
    }
}
