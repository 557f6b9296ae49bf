using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Millrace.Testing.Plans;

namespace Millrace.Data.Tests.Engines;

/// <summary>A frame over sales and shops, and SQL that was written by hand for the same rows.</summary>
/// <param name="Text">The C# of the frame: which verbs it has is read from it.</param>
sealed record GoldenCase(string Text, Func<Frame, Frame, Task<Frame>> Frame, string Sql)
{
    /// <summary>What a failure calls it.</summary>
    public string Name { get; init; } = Text;

    /// <summary>Whether the order of the rows counts.</summary>
    public bool Ordered { get; init; }

    /// <summary>In SQLite's words, where they are others.</summary>
    public string? Sqlite { get; init; }

    /// <summary>How many of the rows go to the rejects.</summary>
    public long Rejected { get; init; }

    /// <summary>What SQLite can't say.</summary>
    public const string Unsaid = "";

    internal static GoldenCase Of(Func<Frame, Frame, Frame> frame, string sql, bool ordered = false, string? sqlite = null, long rejected = 0, [CallerArgumentExpression(nameof(frame))] string text = "") =>
        new(text, (sales, shops) => Task.FromResult(frame(sales, shops)), sql) { Ordered = ordered, Sqlite = sqlite, Rejected = rejected };

    /// <summary>For a verb that looks at the rows before it is one.</summary>
    internal static GoldenCase Of(Func<Frame, Frame, Task<Frame>> frame, string sql, string? sqlite = null, [CallerArgumentExpression(nameof(frame))] string text = "") =>
        new(text, frame, sql) { Sqlite = sqlite };

    /// <summary>How the frame's rows differ from those expected, or null. They come as asked for, with an engine named or without.</summary>
    internal async Task<string?> DifferenceAsync(Frame asked, IReadOnlyList<object?[]> expected, PlanEngine? engine, CancellationToken cancel)
    {
        using var rejects = new RejectLog();
        var actual = await FrameRunner.RunAsync(asked.Plan, new RunContext { Engine = engine, Rejects = rejects }, cancel).RowsAsync();
        return rejects.Count != Rejected ? $"{rejects.Count} rows are rejected, not {Rejected}." : RowComparison.Difference(expected, actual, Ordered);
    }

    /// <summary>Whether the case calls the verb on a frame, or on what <paramref name="after"/> made of one.</summary>
    internal bool Has(string verb, string? after) => Regex.IsMatch(Text, $@"{(after is null ? "" : $@"\.(?:{after})\(.*")}(?:\bs|\bh|\))\.{verb}[<(]", RegexOptions.Singleline);
}
