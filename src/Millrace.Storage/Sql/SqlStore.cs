using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Storage.Sql;

/// <summary>The use cases whose statements read the same in both dialects.</summary>
abstract partial class SqlStore : IMetadataStore
{
    public abstract event Action<RunId?>? ChangedElsewhere;

    protected abstract string Kind { get; }
    /// <summary>Where the database is, for messages; without a password.</summary>
    protected abstract string Location { get; }
    protected abstract IReadOnlyList<Migration> Migrations { get; }

    public abstract Task<CommitResult> CommitAsync(CommitBatch batch, CancellationToken cancellation);
    public abstract Task NotifyAsync(RunId? run, CancellationToken cancellation);
    public abstract ValueTask DisposeAsync();

    /// <summary>A transaction that sees one state of the store and changes nothing.</summary>
    protected abstract Task<T> ReadAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellation);
    /// <summary>A transaction; an exception rolls it back.</summary>
    protected abstract Task<T> WriteAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellation);

    Task<IReadOnlyList<T>> ListAsync<T>(string sql, Func<IRow, T> read, CancellationToken cancellation, params object?[] arguments) =>
        ReadAsync<IReadOnlyList<T>>(async session => await session.QueryAsync(sql, read, arguments).ConfigureAwait(false), cancellation);

    Task<int> ExecuteAsync(string sql, CancellationToken cancellation, params object?[] arguments) =>
        WriteAsync(session => session.ExecuteAsync(sql, arguments), cancellation);

    /// <summary>For upkeep and tests.</summary>
    internal Task ExecuteScriptAsync(string script, CancellationToken cancellation) => WriteAsync(async session =>
    {
        await session.ExecuteScriptAsync(script).ConfigureAwait(false);
        return true;
    }, cancellation);

    /// <summary>Keeps the scheduler's lease from being taken before this transaction ends: what it is given here would never be freed.</summary>
    protected static async Task RequireLeaseAsync(Session session, SchedulerId scheduler)
    {
        var held = await session.QueryAsync($"select process_id from schedulers where id = $1{session.ForKeyShare}", r => r.Long(0), scheduler).ConfigureAwait(false);
        if (held.Count == 0)
            throw new LeaseLostException(scheduler);
    }
}
