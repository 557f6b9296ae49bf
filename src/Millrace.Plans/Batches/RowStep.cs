using System.Diagnostics;

namespace Millrace.Plans;

/// <summary>A step that looks at one batch at a time and keeps nothing: several threads run the same one.</summary>
abstract partial class RowStep(string name, RunContext context)
{
    readonly Stage stage = context.Stages.Add(name, context.Threads);

    protected string Name { get; } = name;

    /// <summary>Whether each row comes out once or not at all: then what went in must have come out or been rejected.</summary>
    private protected virtual bool Accounts => false;

    internal static bool IsOne(Relation plan) => plan is Filter or Project or Check or Flatten or Unpivot;

    internal static RowStep Compile(Relation plan, RunContext context) => plan switch
    {
        Filter filter => new FilterStep(filter, context),
        Project project => new ProjectStep(project, context),
        Check check => new CheckStep(check, context),
        Flatten flatten => new FlattenStep(flatten, context),
        Unpivot unpivot => new UnpivotStep(unpivot, context),
        _ => throw new PlanException($"The streaming engine has no {NameOf(plan)}."),
    };

    internal static string NameOf(Relation plan) => plan switch
    {
        Scan scan => $"scan {scan.Source.Kind}",
        Check check => $"check {check.Rule}",
        _ => plan.GetType().Name.ToLowerInvariant(),
    };

    /// <summary>Through all steps. The batch is taken over.</summary>
    internal static Outcome RunAll(RowStep[] steps, Batch batch)
    {
        var current = batch;
        List<Reject>? rejects = null;
        try
        {
            foreach (var step in steps)
            {
                if (current.Count == 0 && batch.Count > 0) break;
                current = step.Measured(current, ref rejects);
            }
        }
        catch
        {
            current.Dispose();
            throw;
        }
        return new Outcome(current, rejects);
    }

    /// <summary>The rows that remain, on the memory of the input.</summary>
    private protected abstract Batch Run(Batch input, ref List<Reject>? rejects);

    Batch Measured(Batch input, ref List<Reject>? rejects)
    {
        var start = Stopwatch.GetTimestamp();
        var before = rejects?.Count ?? 0;
        var result = Run(input, ref rejects);
        var rejected = (rejects?.Count ?? 0) - before;
        stage.Count(input.Count, result.Count, Stopwatch.GetElapsedTime(start), rejected: rejected);
        return !Accounts || input.Count == result.Count + rejected
            ? result
            : throw new InvalidOperationException($"{Name} took {input.Count} rows and accounts for {result.Count} + {rejected} of them.");
    }

    internal static Batch Take(Batch input, ReadOnlyMemory<int> rows)
    {
        if (rows.Length == input.Count) return input;
        var taken = new Column[input.Columns.Length];
        for (var i = 0; i < taken.Length; i++) taken[i] = input[i].Take(rows.Span, input.Memory);
        return new Batch(input.Schema, rows.Length, taken, input.Memory);
    }

    /// <summary>Notes the rows that failed and gives those that didn't.</summary>
    private protected ReadOnlyMemory<int> Without(Faults faults, Batch input, ref List<Reject>? rejects)
    {
        rejects ??= [];
        foreach (var (row, fault) in faults.InOrder)
        {
            var (source, line) = Faults.Origin(input, row);
            var value = fault.Value is { Length: > 1000 } ? fault.Value[..1000] : fault.Value;
            rejects.Add(new Reject(fault.Rule, Name, fault.Column, value, source, line, fault.Message));
        }
        var kept = input.Memory.Rent<int>(input.Count);
        var found = 0;
        for (var i = 0; i < input.Count; i++)
            if (!faults.Contains(i)) kept[found++] = i;
        return kept.AsMemory(0, found);
    }
}

/// <summary>What became of a batch. Rejects are kept with it, so that the log has them in the order of the rows.</summary>
sealed class Outcome(Batch batch, List<Reject>? rejects) : IDisposable
{
    internal Batch Batch { get; } = batch;
    internal IReadOnlyList<Reject> Rejects { get; } = rejects ?? (IReadOnlyList<Reject>)[];

    public void Dispose() => Batch.Dispose();
}
