using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// Cuts a core plan into fragments, each for the engine that runs it best; fragments meet as streams of batches. What
/// lives in one PostgreSQL is computed there. Of the rest, row-wise steps and those that refuse rows stream; what needs
/// all rows at once is DuckDB's, with the row-wise steps right below it, which it reads faster itself.
/// </summary>
sealed class Planner(RunContext context)
{
    readonly StreamingEngine streaming = new();
    readonly DuckDbEngine duckDb = new();

    // A step that several others read is one object, and stays one: its rows are read, and refused, once.
    readonly Dictionary<Relation, Placed> placed = new(ReferenceEqualityComparer.Instance), placedUnderDuckDb = new(ReferenceEqualityComparer.Instance);

    internal static Relation Prepare(Relation plan) => ColumnPruning.Prune(ProvenanceColumns.Add(Lowering.Lower(plan)));

    internal Fragment Plan(Relation plan)
    {
        var core = Hoisting.Apply(Prepare(plan), step => duckDb.WhyNot(step) is not null && streaming.WhyNot(step) is not null, duckDb);
        return Cut(Place(core, underDuckDb: false));
    }

    /// <summary>A step, the engine that runs it, and why not the one that would be taken first.</summary>
    sealed record Placed(Relation Step, IEngine Engine, IReadOnlyList<Placed> Inputs, string? Why = null)
    {
        internal bool IsScan => Step is Scan;
    }

    Placed Place(Relation step, bool underDuckDb)
    {
        var known = underDuckDb ? placedUnderDuckDb : placed;
        return known.TryGetValue(step, out var place) ? place : known[step] = Choose(step, underDuckDb);
    }

    Placed Choose(Relation step, bool underDuckDb)
    {
        if (context.Engine is null or PlanEngine.Postgres && PostgresEngine.Of(step) is { } postgres) return Whole(step, postgres);
        if (context.Engine is { } told) return Told(step, told);
        var notDuckDb = duckDb.WhyNot(step);
        var notStreaming = streaming.WhyNot(step);
        if (notDuckDb is not null && notStreaming is not null)
            throw new PlanException($"No engine runs this {StepNames.Of(step)}. DuckDB: {notDuckDb.TrimEnd('.')}. Streaming: {notStreaming.TrimEnd('.')}.");
        if (step is Scan scan) return new(step, !underDuckDb && !Prefers(scan) ? streaming : duckDb, []);
        if (notDuckDb is not null) return new(step, streaming, Inputs(step, underDuckDb: false), notDuckDb);
        if (notStreaming is null && !underDuckDb && IsRowWise(step))
        {
            var inputs = Inputs(step, underDuckDb: false);
            if (inputs.All(i => i.Engine == streaming)) return new(step, streaming, inputs);
        }
        return new(step, duckDb, Inputs(step, underDuckDb: true), notStreaming);
    }

    List<Placed> Inputs(Relation step, bool underDuckDb) => [.. step.Inputs.Select(i => Place(i, underDuckDb))];

    static Placed Whole(Relation step, IEngine engine) => new(step, engine, [.. step.Inputs.Select(i => Whole(i, engine))]);

    Placed Told(Relation step, PlanEngine told)
    {
        if (told == PlanEngine.Postgres) throw new PlanException($"The plan was given to PostgreSQL, where this {StepNames.Of(step)} doesn't live or can't be said. Let the planner choose.");
        IEngine engine = told == PlanEngine.DuckDb ? duckDb : streaming;
        return engine.WhyNot(step) is { } why
            ? throw new PlanException($"The plan was given to {engine.Name}, which can't run this {StepNames.Of(step)}: {why.TrimEnd('.')}. Let the planner choose.")
            : new(step, engine, [.. step.Inputs.Select(i => Place(i, told == PlanEngine.DuckDb))]);
    }

    // Steps that both engines run and that keep nothing.
    static bool IsRowWise(Relation step) => step is Filter or Project or Limit or Flatten or Unpivot or Join { Kind: JoinKind.Positional } or SetOperation { Kind: SetKind.UnionAll };

    static bool Prefers(Scan scan) => scan.Source is INativeScan { Prefers: true } && DuckDbSession.NativeSql(scan) is not null;

    Fragment Cut(Placed root)
    {
        var why = new List<string>();
        var written = new Dictionary<Placed, Relation>(ReferenceEqualityComparer.Instance);
        var plan = Within(root);
        return new Fragment(root.Engine, plan, why);

        Relation Within(Placed placed) => written.TryGetValue(placed, out var known) ? known : written[placed] = Write(placed);

        Relation Write(Placed placed)
        {
            if (placed.Why is { } reason) why.Add($"{StepNames.Of(placed.Step)}: {reason}");
            if (placed.Inputs.Count == 0) return placed.Step;
            var inputs = placed.Inputs.Select(i => i.Engine == root.Engine || i.IsScan && i.Engine is not PostgresEngine ? Within(i) : Elsewhere(i)).ToList();
            return inputs.Zip(placed.Step.Inputs).All(i => ReferenceEquals(i.First, i.Second)) ? placed.Step : placed.Step.WithInputs(inputs);
        }

        Relation Elsewhere(Placed placed) => written.TryGetValue(placed, out var known) ? known : written[placed] = new Scan(new FragmentSource(Cut(placed), context));
    }
}
