using System.Runtime.CompilerServices;
using Millrace.Plans;
using Npgsql;

namespace Millrace.Data;

/// <summary>Runs plans as SQL inside the PostgreSQL in which all that they read lives; only results leave it.</summary>
sealed class PostgresEngine : IEngine
{
    static readonly PostgresDialect dialect = new();

    readonly PostgresConnection connection;

    PostgresEngine(PostgresConnection connection) => this.connection = connection;

    public string Name => "postgres";

    internal string Database => connection.Identity;

    /// <summary>The engine for a plan of more than a scan, all of whose tables live in one database; null for any other.</summary>
    internal static PostgresEngine? Of(Relation plan)
    {
        if (plan is Scan || Connection(plan) is not { } connection) return null;
        var engine = new PostgresEngine(connection);
        return engine.WhyNotAny(plan) is null ? engine : null;
    }

    /// <summary>The statement that gives the plan's rows; null where the plan doesn't live in one PostgreSQL, or can't be said there.</summary>
    internal static (PostgresConnection Connection, string Sql)? SqlFor(Relation plan)
    {
        var core = Planner.Prepare(plan);
        return core is Scan scan && Connection(scan) is { } only ? (only, Read(scan))
            : Of(core) is { } engine ? (engine.connection, Write(core))
            : null;
    }

    static PostgresConnection? Connection(Relation plan)
    {
        if (plan is Scan scan) return scan is { Source: IPostgresScan source, Provenance: false } ? source.Connection : null;
        PostgresConnection? found = null;
        foreach (var input in plan.Inputs)
        {
            if (Connection(input) is not { } next || (found is not null && found.Identity != next.Identity)) return null;
            found = next;
        }
        return found;
    }

    string? WhyNotAny(Relation plan) => WhyNot(plan) ?? plan.Inputs.Select(WhyNotAny).FirstOrDefault(w => w is not null);

    public string? WhyNot(Relation step) => step is Scan
        ? Connection(step) is null ? "it isn't a table of this database" : null
        : SqlWriter.WhyNot(dialect, step);

    internal static string Write(Relation core) => new SqlWriter(dialect, Read).Write(core);

    static string Read(Scan scan) => ((IPostgresScan)scan.Source).PostgresSql(scan.Columns is { } columns ? [.. columns] : null);

    public async IAsyncEnumerable<Batch> RunAsync(Relation core, RunContext context, [EnumeratorCancellation] CancellationToken cancel)
    {
        var scan = new PostgresScan(connection, $"({Write(core)}\n) AS plan", "the plan", core.Schema);
        var batches = scan.ReadAsync(new ReadRequest(), null, 1, cancel).GetAsyncEnumerator(cancel);
        await using var closing = batches.ConfigureAwait(false);
        while (true)
        {
            try
            {
                if (!await batches.MoveNextAsync().ConfigureAwait(false)) yield break;
            }
            catch (PostgresException wrong)
            {
                throw new DatabaseException($"PostgreSQL at {connection.Identity} can't run the plan: {wrong.MessageText}", wrong);
            }
            yield return batches.Current;
        }
    }
}
