using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Where frames hand their plans over to whoever runs them.</summary>
static class PlanRunner
{
    /// <summary>Batches of the plan's result, in its order; the caller disposes them.</summary>
    internal static Func<Relation, RunContext, CancellationToken, IAsyncEnumerable<Batch>> RunAsync { get; set; } = FrameRunner.RunAsync;
}
