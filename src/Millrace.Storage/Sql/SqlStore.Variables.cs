using Millrace.Metadata;

namespace Millrace.Storage.Sql;

abstract partial class SqlStore
{
    public Task<IReadOnlyList<VariableRow>> ListVariablesAsync(CancellationToken cancellation) =>
        ListAsync("select key, value, description from variables order by key", r => new VariableRow(r.Text(0), r.Text(1), r.IsNull(2) ? null : r.Text(2)), cancellation);

    public Task<string?> ReadVariableAsync(string key, CancellationToken cancellation) =>
        ReadAsync(session => session.FirstAsync("select value from variables where key = $1", r => r.Text(0), key), cancellation);

    public Task SetVariableAsync(VariableRow variable, CancellationToken cancellation) => ExecuteAsync("""
        insert into variables (key, value, description) values ($1, $2, $3)
        on conflict (key) do update set value = excluded.value, description = excluded.description
        """, cancellation, variable.Key, variable.Value, variable.Description);

    public async Task<bool> DeleteVariableAsync(string key, CancellationToken cancellation) =>
        await ExecuteAsync("delete from variables where key = $1", cancellation, key).ConfigureAwait(false) > 0;
}
