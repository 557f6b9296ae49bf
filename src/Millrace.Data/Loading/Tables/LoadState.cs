namespace Millrace.Data;

/// <summary>What loads leave behind for later ones, in a table beside the loaded one and in the same transaction: which were committed, and how far they came.</summary>
sealed class LoadState(LoadSession session, TableName target)
{
    const string Load = "load", Bookmark = "bookmark";
    readonly TableName place = target.Beside("millrace_state");
    readonly string of = session.Dialect.Literal(target.Name);
    readonly string table = session.Dialect.Quote(target.Beside("millrace_state"));

    internal async Task<bool> HasLoadAsync(string id, CancellationToken cancel) =>
        await ExistsAsync(cancel).ConfigureAwait(false)
        && (await session.QueryAsync($"select 1 from {table} where target = {of} and kind = '{Load}' and id = {session.Dialect.Literal(id)}", cancel).ConfigureAwait(false)).Count > 0;

    internal async Task<string?> ReadAsync(string bookmark, CancellationToken cancel) =>
        await ExistsAsync(cancel).ConfigureAwait(false)
        && await session.QueryAsync($"select value from {table} where target = {of} and kind = '{Bookmark}' and id = {session.Dialect.Literal(bookmark)}", cancel).ConfigureAwait(false) is [[string value]]
            ? value
            : null;

    internal async Task CreateAsync(CancellationToken cancel)
    {
        if (!await ExistsAsync(cancel).ConfigureAwait(false)) await session.RunAsync(session.Dialect.StateTable(place), cancel).ConfigureAwait(false);
    }

    internal Task AddLoadAsync(string id, long rows, DateTimeOffset at, CancellationToken cancel) => PutAsync(Load, id, "null", rows, at, cancel);

    internal Task KeepAsync(string bookmark, string state, long rows, DateTimeOffset at, CancellationToken cancel) => PutAsync(Bookmark, bookmark, session.Dialect.Literal(state), rows, at, cancel);

    async Task PutAsync(string kind, string id, string value, long rows, DateTimeOffset at, CancellationToken cancel)
    {
        await session.RunAsync($"delete from {table} where target = {of} and kind = '{kind}' and id = {session.Dialect.Literal(id)}", cancel).ConfigureAwait(false);
        await session.RunAsync($"insert into {table} (target, kind, id, value, {session.Dialect.Quote("rows")}, loaded_at) values ({of}, '{kind}', {session.Dialect.Literal(id)}, {value}, {rows}, {session.Dialect.Instant(at)})", cancel).ConfigureAwait(false);
    }

    async Task<bool> ExistsAsync(CancellationToken cancel) => await session.ReadColumnsAsync(place, cancel).ConfigureAwait(false) is not null;
}
