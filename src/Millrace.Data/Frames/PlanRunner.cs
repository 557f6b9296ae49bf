using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Where frames hand their plans over to whoever runs them.</summary>
static class PlanRunner
{
    /// <summary>Batches of the plan's result, in its order; the caller disposes them.</summary>
    internal static Func<Relation, RunContext, CancellationToken, IAsyncEnumerable<Batch>> RunAsync { get; set; } = Scan;

    static IAsyncEnumerable<Batch> Scan(Relation plan, RunContext run, CancellationToken cancel) => plan is Scan scan
        ? scan.Source.ReadAsync(new ReadRequest { Columns = scan.Columns is { } columns ? [.. columns] : null, Provenance = scan.Provenance, Rejects = run.Rejects }, cancel)
        : throw new PlanException($"No engine is there to run a {plan.GetType().Name}.");
}
