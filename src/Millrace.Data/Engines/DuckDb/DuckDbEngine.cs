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
        using var statement = Prepare(session, core, context);
        var batches = BatchReader.StreamAsync(statement, core.Schema, 16_384, cancel).GetAsyncEnumerator(cancel);
        await using var closing = batches.ConfigureAwait(false);
        while (true)
        {
            try
            {
                if (!await batches.MoveNextAsync().ConfigureAwait(false)) yield break;
            }
            catch (DuckDbException wrong)
            {
                throw DuckDbFailure.Of(wrong, core, context);
            }
            yield return batches.Current;
        }
    }

    static DuckDbStatement Prepare(DuckDbSession session, Relation core, RunContext context)
    {
        try
        {
            return session.Prepare(session.Write(core));
        }
        catch (DuckDbException wrong)
        {
            throw DuckDbFailure.Of(wrong, core, context);
        }
    }

    /// <summary>The statement that runs the plan, for people to read.</summary>
    internal static string Explain(Relation core) => new SqlWriter(dialect, scan => DuckDbSession.NativeSql(scan) ?? $"SELECT * FROM {SqlScope.Quote(StepNames.Of(scan))}", (callback, _) => SqlScope.Quote(callback.Callback.Name)).Write(core);
}
