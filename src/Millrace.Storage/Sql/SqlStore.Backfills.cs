using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Storage.Sql;

abstract partial class SqlStore
{
    public Task CreateBackfillAsync(BackfillRow backfill, CancellationToken cancellation) => ExecuteAsync(
        $"insert into backfills ({Rows.BackfillColumns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)", cancellation,
        backfill.Id, backfill.Dag, backfill.From, backfill.To, backfill.Reprocess.Name(), backfill.MaxActive, backfill.NewestFirst, backfill.Params,
        backfill.State.Name(), backfill.Cursor, backfill.Owner, backfill.CreatedAt);

    public Task<IReadOnlyList<BackfillRow>> ListBackfillsAsync(string? dag, CancellationToken cancellation) => dag is null
        ? ListAsync($"select {Rows.BackfillColumns} from backfills order by created_at, id", Rows.Backfill, cancellation)
        : ListAsync($"select {Rows.BackfillColumns} from backfills where dag = $1 order by created_at, id", Rows.Backfill, cancellation, dag);

    public async Task<bool> MoveBackfillAsync(BackfillId id, DateTimeOffset? expected, DateTimeOffset cursor, CancellationToken cancellation) => expected is { } seen
        ? await ExecuteAsync("update backfills set cursor_time = $1 where id = $2 and cursor_time = $3", cancellation, cursor, id, seen).ConfigureAwait(false) > 0
        : await ExecuteAsync("update backfills set cursor_time = $1 where id = $2 and cursor_time is null", cancellation, cursor, id).ConfigureAwait(false) > 0;

    public async Task<bool> SetBackfillStateAsync(BackfillId id, BackfillState state, CancellationToken cancellation) =>
        await ExecuteAsync("update backfills set state = $1 where id = $2", cancellation, state.Name(), id).ConfigureAwait(false) > 0;
}
