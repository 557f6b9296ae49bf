using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Runs plans: prepares them, gives each part to an engine, and hands out the rows.</summary>
static class FrameRunner
{
    /// <summary>Batches of the plan's result, in its order; the caller disposes them.</summary>
    internal static IAsyncEnumerable<Batch> RunAsync(Relation plan, RunContext context, CancellationToken cancel)
    {
        var fragment = new Planner(context).Plan(plan);
        return fragment.Engine.RunAsync(fragment.Plan, context, cancel);
    }
}
