using System.Runtime.CompilerServices;
using Millrace.Data.Engines.DuckDb;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Runs plans as SQL in a DuckDB of their own, which lives as long as the run.</summary>
sealed class DuckDbEngine : IEngine
{
    static readonly DuckDbDialect dialect = new();

    public string Name => "duckdb";

    public string? WhyNot(Relation step) => step is Scan ? null : SqlWriter.WhyNot(dialect, step, (_, _) => "callback");

    public async IAsyncEnumerable<Batch> RunAsync(Relation core, RunContext context, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var session = new DuckDbSession(context, keepsOrder: PlanOrder.Matters(core), cancel);
        var sql = session.Write(core);
        using var statement = session.Prepare(sql);
        await foreach (var batch in BatchReader.StreamAsync(statement, core.Schema, 16_384, cancel).ConfigureAwait(false)) yield return batch;
    }

    /// <summary>The statement that runs the plan, for people to read.</summary>
    internal static string Explain(Relation core) => new SqlWriter(dialect, scan => DuckDbSession.NativeSql(scan, rejects: null) ?? $"SELECT * FROM {SqlScope.Quote(StepNames.Of(scan))}", (callback, _) => SqlScope.Quote(callback.Callback.Name)).Write(core);
}
