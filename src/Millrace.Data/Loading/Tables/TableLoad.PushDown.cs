using System.Diagnostics;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Where all that a plan reads lives in the target's own PostgreSQL, its rows never leave the server: they are staged by INSERT ... SELECT.</summary>
sealed partial class TableLoad
{
    bool isPushed;
    long pushedRejects;

    /// <summary>False where the rows have to come through this process.</summary>
    internal async Task<bool> TryPushDownAsync(Relation plan, CancellationToken cancel)
    {
        // Values that are fitted one by one, and columns that are dropped and counted, are looked at here.
        if (target is not PostgresTable table || match.Dropped.Count > 0 || match.Columns.Any(c => c.Misfits is not null) || guard.HasProvenance) return false;
        // So are nulls that are to be refused: the database would refuse all rows for one.
        if (options.Contract.Types is OnChange.DiscardRow or OnChange.DiscardValue && match.Columns.Any(c => !c.Nullable && !key.Contains(c) && plan.Schema[c.From].Nullable)) return false;
        if (PostgresEngine.SqlFor(plan) is not var (connection, sql) || connection.Identity != table.Connection.Identity) return false;
        try
        {
            await StageQueryAsync(plan.Schema, sql, cancel).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (Explained(e, cancel) is { } explained)
        {
            throw explained;
        }
    }

    async Task StageQueryAsync(Schema load, string sql, CancellationToken cancel)
    {
        var since = Stopwatch.GetTimestamp();
        await session.EndStagingAsync(cancel).ConfigureAwait(false);
        isPushed = true;
        var names = string.Join(", ", match.Columns.Select(c => TableName.Quote(c.Staged.Name)));
        var values = string.Join(", ", match.Columns.Select(c => $"plan.{TableName.Quote(load[c.From].Name)}"));
        rowsIn = await session.RunAsync($"insert into {stagingTable} ({names}) select {values} from ({sql}\n) as plan", cancel).ConfigureAwait(false);
        foreach (var column in key)
        {
            var name = TableName.Quote(column.Staged.Name);
            var blank = await session.RunAsync($"delete from {stagingTable} where {name} is null", cancel).ConfigureAwait(false);
            pushedRejects += blank;
            for (var i = 0L; i < blank; i++)
                Rejects.Add(new Reject("null key", guard.Step, column.Staged.Name, null, target.Name, null, $"A row without its key '{column.Staged.Name}' can't be found again. Fill the column before the load."));
        }
        await session.RunAsync($"analyze {stagingTable}", cancel).ConfigureAwait(false);
        staging.Count(rowsIn, rowsIn - pushedRejects, Stopwatch.GetElapsedTime(since), rejected: pushedRejects);
    }
}
