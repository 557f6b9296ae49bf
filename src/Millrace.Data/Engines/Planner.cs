using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Cuts a core plan into fragments, each for the engine that runs it best; fragments meet as streams of batches.</summary>
sealed class Planner
{
    readonly IEngine duckDb = new DuckDbEngine();

    internal static Relation Prepare(Relation plan) => ColumnPruning.Prune(ProvenanceColumns.Add(Lowering.Lower(plan)));

    internal Fragment Plan(Relation plan) => new(duckDb, Prepare(plan), []);
}
