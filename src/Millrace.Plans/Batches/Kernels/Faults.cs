using System.Text;

namespace Millrace.Plans;

/// <summary>Why a row can't be computed.</summary>
/// <param name="Rule">In a few words, the same for all such rows: <c>overflow</c>.</param>
/// <param name="Message">The sentence, with the remedy.</param>
sealed record Fault(string Rule, Expr? Expression, string? Value, string Message)
{
    /// <summary>The column that was being computed.</summary>
    internal string? Column { get; init; }
}

/// <summary>The rows of a batch that failed in a step. Where the step doesn't reject, the first ends the run.</summary>
sealed class Faults(string step, bool collect)
{
    Dictionary<int, Fault>? byRow;

    /// <summary>The column that is being computed: what fails now is told under its name.</summary>
    internal string? Column { get; set; }

    internal bool Any => byRow is not null;

    internal bool Contains(int row) => byRow?.ContainsKey(row) == true;

    internal IEnumerable<(int Row, Fault Fault)> InOrder => byRow is null ? [] : byRow.OrderBy(f => f.Key).Select(f => (f.Key, f.Value));

    internal void Add(Batch batch, int row, Fault fault)
    {
        if (!collect)
        {
            var (source, line) = Origin(batch, row);
            throw new RowException(step, fault.Expression?.ToString(), fault.Value, source, line, fault.Message);
        }
        // The first reason is the cause; what follows from a value that isn't there is noise.
        (byRow ??= []).TryAdd(row, fault with { Column = Column });
    }

    /// <summary>Where the row came from, if the batch still carries it.</summary>
    internal static (string? Source, long? Line) Origin(Batch batch, int row) => (
        batch.Schema.TryIndexOf(Provenance.Source, out var s) && batch[s] is BytesColumn names && !names.IsNull(row) ? Encoding.UTF8.GetString(names[row]) : null,
        batch.Schema.TryIndexOf(Provenance.Line, out var l) && batch[l] is Column<long> lines && !lines.IsNull(row) ? lines.Values[row] : null);
}
