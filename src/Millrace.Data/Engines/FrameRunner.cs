using System.Runtime.CompilerServices;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Runs plans: prepares them, gives each part to an engine, and hands out the rows.</summary>
static class FrameRunner
{
    /// <summary>Batches of the plan's result, in its order; the caller disposes them.</summary>
    internal static async IAsyncEnumerable<Batch> RunAsync(Relation plan, RunContext context, [EnumeratorCancellation] CancellationToken cancel)
    {
        context.Readings.Begin(context.Time);
        var fragment = new Planner(context).Plan(plan);
        await ExpectAsync(fragment, context, cancel).ConfigureAwait(false);
        await foreach (var batch in fragment.Engine.RunAsync(fragment.Plan, context, cancel).ConfigureAwait(false))
        {
            context.Readings.Deliver(batch.Count);
            yield return batch;
        }
    }

    // All sources are known before the first is read: a share that learned of them one by one would run backwards.
    static async ValueTask ExpectAsync(Fragment fragment, RunContext context, CancellationToken cancel)
    {
        foreach (var source in Sources(fragment.Plan))
        {
            if (source is FragmentSource part)
            {
                await ExpectAsync(part.Fragment, context, cancel).ConfigureAwait(false);
                continue;
            }
            var (reading, isNew) = context.Readings.Expect(source);
            // What a database computes is no part of what it stores: only the rows of a plain scan are as many as are read.
            if (isNew && context.Readings.AreWatched && fragment.Engine is not PostgresEngine && await source.MeasureAsync(cancel).ConfigureAwait(false) is { } size) reading.Measured(size);
        }
    }

    static IEnumerable<ISource> Sources(Relation plan) => plan is Scan scan ? [scan.Source] : plan.Inputs.SelectMany(Sources);
}
