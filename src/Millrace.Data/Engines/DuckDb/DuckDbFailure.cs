using System.Runtime.ExceptionServices;
using Millrace.Data.Engines.DuckDb;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Says of a failure within DuckDB in which steps it was and what to do.</summary>
static class DuckDbFailure
{
    const int MostText = 300;

    internal static DuckDbException Of(DuckDbException wrong, Relation core, RunContext context)
    {
        // A source or a C# function that DuckDB called: it said itself what is wrong, with its file and line.
        if (wrong.InnerException is { } thrown) ExceptionDispatchInfo.Throw(thrown);
        return new(wrong.Type, $"DuckDB can't run {Steps(core)}: {wrong.Message.TrimEnd('\n', '.')}. {Remedy(wrong.Type, context)}", wrong);
    }

    static string Steps(Relation core)
    {
        var text = string.Join(" <- ", All(core).Distinct().Select(PlanText.Step));
        return text.Length <= MostText ? $"'{text}'" : $"'{text[..MostText]} ...'";

        static IEnumerable<Relation> All(Relation step) => step.Inputs.SelectMany(All).Prepend(step);
    }

    static string Remedy(DuckDbErrorType type, RunContext context) => type switch
    {
        DuckDbErrorType.OutOfMemory => $"Give the run a higher MemoryLimit{(context.MemoryLimit is { } limit ? $" than {limit:N0} bytes" : "")}, fewer Threads, or a SpillFolder on a disk with room.",
        DuckDbErrorType.IO => "See that the file is there, whole, and not being written, and that the disk has room.",
        DuckDbErrorType.OutOfRange or DuckDbErrorType.Conversion or DuckDbErrorType.Decimal or DuckDbErrorType.DivideByZero or DuckDbErrorType.InvalidInput =>
            "Filter out or correct the rows that hold such values, or cast them to a wider type first.",
        _ => "frame.Explain() shows the statement.",
    };
}
