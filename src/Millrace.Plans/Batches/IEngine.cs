namespace Millrace.Plans;

/// <summary>What runs plans of core relations: our streaming engine, DuckDB, PostgreSQL.</summary>
interface IEngine
{
    string Name { get; }

    /// <summary>Null where the engine runs this one step; otherwise why it can't, in words for <c>Explain</c>. Its inputs are judged on their own.</summary>
    string? WhyNot(Relation step);

    /// <summary>Batches in the order that the plan gives them. The reader disposes them.</summary>
    IAsyncEnumerable<Batch> RunAsync(Relation core, RunContext context, CancellationToken cancel);
}
