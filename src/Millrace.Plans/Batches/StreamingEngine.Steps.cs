using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Millrace.Plans;

/// <summary>The steps that see the rows in order and keep something from batch to batch.</summary>
sealed partial class StreamingEngine
{
    const int BatchRows = 16_384;

    static async IAsyncEnumerable<Batch> First(IAsyncEnumerable<Batch> input, Limit limit, [EnumeratorCancellation] CancellationToken cancel)
    {
        var (skip, left) = (limit.Skip, limit.Count ?? long.MaxValue);
        if (left == 0) yield break;
        await foreach (var batch in input.WithCancellation(cancel).ConfigureAwait(false))
        {
            var start = (int)Math.Min(skip, batch.Count);
            var count = (int)Math.Min(left, batch.Count - start);
            (skip, left) = (skip - start, left - count);
            if (count == batch.Count) yield return batch;
            else
            {
                var slice = count > 0 ? batch.Slice(start, count) : null;
                batch.Dispose();
                if (slice is not null) yield return slice;
            }
            if (left == 0) yield break;
        }
    }

    static async IAsyncEnumerable<Batch> Both(IAsyncEnumerable<Batch> left, IAsyncEnumerable<Batch> right, SetOperation union, [EnumeratorCancellation] CancellationToken cancel)
    {
        var conversions = new[] { new Conversion(union.Left.Schema, union.Schema), new Conversion(union.Right.Schema, union.Schema) };
        foreach (var (input, conversion) in new[] { left, right }.Zip(conversions))
            await foreach (var batch in input.WithCancellation(cancel).ConfigureAwait(false)) yield return conversion.Apply(batch);
    }

    /// <summary>Whether a row stays follows from its number and the seed alone.</summary>
    static async IAsyncEnumerable<Batch> Some(IAsyncEnumerable<Batch> input, Sample sample, [EnumeratorCancellation] CancellationToken cancel)
    {
        var limit = sample.Share * Math.Pow(2, 64);
        ulong number = 0;
        await foreach (var batch in input.WithCancellation(cancel).ConfigureAwait(false))
        {
            var rows = batch.Memory.Rent<int>(batch.Count);
            var found = 0;
            for (var i = 0; i < batch.Count; i++)
                if (Hashing.Of(number++, (ulong)sample.Seed) < limit) rows[found++] = i;
            if (found == 0) batch.Dispose();
            else yield return RowStep.Take(batch, rows.AsMemory(0, found));
        }
    }

    static async IAsyncEnumerable<Batch> Once(IAsyncEnumerable<Batch> input, Distinct distinct, RunContext context, [EnumeratorCancellation] CancellationToken cancel)
    {
        var stage = context.Stages.Add(RowStep.NameOf(distinct));
        var seen = new GroupTable([.. distinct.Schema.Select(f => f.Type)]);
        await foreach (var batch in input.WithCancellation(cancel).ConfigureAwait(false))
        {
            var start = Stopwatch.GetTimestamp();
            var fresh = batch.Memory.Rent<int>(batch.Count);
            var added = seen.Add(batch.Columns, batch.Count, batch.Memory.Rent<int>(batch.Count), fresh);
            var result = RowStep.Take(batch, fresh.AsMemory(0, added));
            stage.Count(batch.Count, added, Stopwatch.GetElapsedTime(start));
            if (added > 0) yield return result;
            else batch.Dispose();
        }
    }

    // Keys and arguments are computed on several threads; the groups see the batches in order, so that first and last mean it.
    static async IAsyncEnumerable<Batch> Grouped(IAsyncEnumerable<Batch> input, Group group, RunContext context, [EnumeratorCancellation] CancellationToken cancel)
    {
        var stage = context.Stages.Add(RowStep.NameOf(group));
        var aggregation = new Aggregation(group);
        var state = new GroupState(aggregation);
        await foreach (var prepared in Pipeline.Ordered(input, context.Threads, aggregation.Prepare, cancel).ConfigureAwait(false))
        {
            var start = Stopwatch.GetTimestamp();
            var count = prepared.Count;
            state.Add(prepared);
            stage.Count(count, 0, Stopwatch.GetElapsedTime(start));
        }
        foreach (var batch in state.Results(BatchRows))
        {
            stage.Count(0, batch.Count, TimeSpan.Zero);
            yield return batch;
        }
    }
}
