using System.Runtime.CompilerServices;

namespace Millrace.Plans;

/// <summary>
/// Our own engine: batches flow from the sources through compiled kernels, row-wise steps on several threads, nothing
/// gathered but the groups of an aggregate. What needs all rows at once (sort, join, window) isn't for it.
/// </summary>
sealed partial class StreamingEngine : IEngine
{
    public string Name => "streaming";

    public string? WhyNot(Relation step)
    {
        try
        {
            switch (step)
            {
                case Sort:
                    return "Sorting needs all rows at once, and the streaming engine doesn't spill.";
                case Join { Kind: not JoinKind.Positional } join:
                    return $"A join by value ({join.Kind}) needs one side at hand, and the streaming engine doesn't spill.";
                case Join { Also: not null }:
                    return "A positional join takes no further condition.";
                case Window:
                    return "A window needs its whole partition at once, and the streaming engine doesn't spill.";
                case SetOperation { Kind: not SetKind.UnionAll } set:
                    return $"{set.Kind} needs all rows of a side at hand, and the streaming engine doesn't spill.";
                case Scan or Limit or Sample or Join or SetOperation:
                    return null;
                case Filter or Project or Check or Flatten or Unpivot:
                    RowStep.Compile(step, new RunContext());
                    return null;
                case Group group:
                    _ = new Aggregation(group);
                    return null;
                case Distinct:
                    _ = new GroupTable([.. step.Schema.Select(f => f.Type)]);
                    return null;
                default:
                    return $"The streaming engine has no {RowStep.NameOf(step)}.";
            }
        }
        catch (PlanException wrong)
        {
            return wrong.Message;
        }
    }

    public IAsyncEnumerable<Batch> RunAsync(Relation core, RunContext context, CancellationToken cancel)
    {
        if (WhyNotAny(core) is { } why) throw new PlanException(why);
        return Open(Pruning.Prune(core), context, cancel);
    }

    string? WhyNotAny(Relation plan) => WhyNot(plan) ?? plan.Inputs.Select(WhyNotAny).FirstOrDefault(w => w is not null);

    IAsyncEnumerable<Batch> Open(Relation plan, RunContext context, CancellationToken cancel)
    {
        switch (plan)
        {
            case Scan scan:
                return Read(scan, context, limit: null, cancel);
            case Limit { Input: Scan scan } limit:
                return First(Read(scan, context, limit.Count + limit.Skip, cancel), limit, cancel);
            case Limit limit:
                return First(Open(limit.Input, context, cancel), limit, cancel);
            case Sample sample:
                return Some(Open(sample.Input, context, cancel), sample, cancel);
            case Join pair:
                return Pairing.PairAsync(Open(pair.Left, context, cancel), Open(pair.Right, context, cancel), pair, cancel);
            case Distinct distinct:
                return Once(Open(distinct.Input, context, cancel), distinct, context, cancel);
            case Group group:
                return Grouped(Open(group.Input, context, cancel), group, context, cancel);
            case SetOperation union:
                return Both(Open(union.Left, context, cancel), Open(union.Right, context, cancel), union, cancel);
            default:
                return RowWise(plan, context, cancel);
        }
    }

    IAsyncEnumerable<Batch> RowWise(Relation plan, RunContext context, CancellationToken cancel)
    {
        var steps = new Stack<RowStep>();
        for (; RowStep.IsOne(plan); plan = plan.Inputs[0]) steps.Push(RowStep.Compile(plan, context));
        return steps.Count > 0
            ? Through(Open(plan, context, cancel), [.. steps], context, cancel)
            : throw new PlanException($"The streaming engine has no {RowStep.NameOf(plan)}.");
    }

    static async IAsyncEnumerable<Batch> Through(IAsyncEnumerable<Batch> input, RowStep[] steps, RunContext context, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var outcome in Pipeline.Ordered(input, context.Threads, batch => RowStep.RunAll(steps, batch), cancel).ConfigureAwait(false))
        {
            foreach (var reject in outcome.Rejects) context.Rejects!.Add(reject);
            if (outcome.Batch.Count > 0) yield return outcome.Batch;
            else outcome.Dispose();
        }
    }

    static async IAsyncEnumerable<Batch> Read(Scan scan, RunContext context, long? limit, [EnumeratorCancellation] CancellationToken cancel)
    {
        var reading = context.Readings.Of(scan.Source);
        reading?.Begin();
        var request = new ReadRequest
        {
            Columns = scan.Columns is { } columns ? [.. columns] : null,
            Provenance = scan.Provenance,
            Bad = context.Bad,
            Rejects = context.Rejects,
            Limit = limit,
            Threads = context.Threads,
            Stages = context.Stages,
            BytesRead = reading is null ? null : reading.AddBytes,
        };
        var batches = scan.Source.ReadAsync(request, cancel);
        if (scan.Provenance) batches = RowPlaces.Add(batches, scan.Schema, scan.Source.Kind);
        await foreach (var batch in batches.ConfigureAwait(false))
        {
            reading?.AddRows(batch.Count);
            yield return batch;
        }
        reading?.End();
    }
}
