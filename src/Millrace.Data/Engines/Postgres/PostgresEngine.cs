using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Millrace.Plans;
using Npgsql;

namespace Millrace.Data;

/// <summary>Runs plans as SQL inside the PostgreSQL in which all that they read lives; only results leave it.</summary>
sealed class PostgresEngine : IEngine
{
    // Letters beyond ASCII change case one by one, as in .NET, where the server has such a collation.
    const string CaseCollations = "SELECT collname FROM pg_collation WHERE collname IN ('pg_c_utf8', 'C.utf8', 'C.UTF-8', 'und-x-icu') ORDER BY array_position(ARRAY['pg_c_utf8', 'C.utf8', 'C.UTF-8', 'und-x-icu'], CAST(collname AS text)) LIMIT 1";

    static readonly ConcurrentDictionary<string, string> caseCollations = [];

    readonly PostgresConnection connection;
    readonly PostgresDialect dialect;

    PostgresEngine(PostgresConnection connection)
    {
        this.connection = connection;
        dialect = new PostgresDialect(caseCollations.GetOrAdd(connection.Identity, static (_, connection) => CaseCollation(connection), connection));
    }

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
            : Of(core) is { } engine ? (engine.connection, engine.Write(core))
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

    internal string Write(Relation core) => new SqlWriter(dialect, Read).Write(core);

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

    static string CaseCollation(PostgresConnection connection)
    {
        using var session = connection.Open();
        using var command = new NpgsqlCommand(CaseCollations, session);
        return command.ExecuteScalar() as string ?? "C";
    }
}
