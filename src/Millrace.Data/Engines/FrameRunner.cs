using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Runs plans: prepares them, gives each part to an engine, and hands out the rows.</summary>
static class FrameRunner
{
    /// <summary>Batches of the plan's result, in its order; the caller disposes them.</summary>
    internal static IAsyncEnumerable<Batch> RunAsync(Relation plan, RunContext context, CancellationToken cancel)
    {
        var fragment = new Planner().Plan(plan);
        return fragment.Plan is Scan scan ? Read(scan, context, cancel) : fragment.Engine.RunAsync(fragment.Plan, context, cancel);
    }

    static IAsyncEnumerable<Batch> Read(Scan scan, RunContext context, CancellationToken cancel) => scan.Source.ReadAsync(
        new ReadRequest
        {
            Columns = scan.Columns is { } columns ? [.. columns] : null,
            Provenance = scan.Provenance,
            Rejects = context.Rejects,
            Threads = context.Threads,
            Stages = context.Stages,
        },
        cancel);
}
