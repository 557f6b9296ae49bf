using System.Data.Common;
using System.Diagnostics;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// A load of a table: rows are staged where no reader sees them, then published, and their state kept, in one
/// transaction. What dies before its commit leaves the table as it was.
/// </summary>
sealed partial class TableLoad : LoadWriter
{
    readonly TableTarget target;
    readonly LoadSession session;
    readonly LoadOptions options;
    readonly Load mode;
    readonly Stage staging;
    readonly Stage publishing;
    readonly LoadState state;
    SchemaMatch match = null!;
    RowGuard guard = null!;
    MergeSql merge = null!;
    IReadOnlyList<MatchedColumn> key = [];
    KeyWatch? keys;
    Schema schema = null!;
    string stagingTable = "";
    long rowsIn;

    TableLoad(TableTarget target, LoadSession session, Load mode, LoadOptions options, RunContext context) : base(context)
    {
        (this.target, this.session, this.options) = (target, session, options);
        this.mode = mode == Load.Incremental ? target.Key.Count > 0 ? Load.Upsert : Load.Append : mode;
        staging = context.Stages.Add($"write to {target.Kind}");
        publishing = context.Stages.Add("publish");
        state = new LoadState(session, target.Table);
    }

    internal static async Task<TableLoad> OpenAsync(TableTarget target, Schema schema, Load mode, LoadOptions options, RunContext context, CancellationToken cancel)
    {
        if (target.Key.Count == 0 && mode is Load.Upsert or Load.InsertOnly or Load.DeleteInsert or Load.Scd2)
            throw new LoadException($"Load.{mode} finds rows by a key, and {target.Name} was given none: Table(\"{target.Name}\", key: [\"...\"]).");
        var session = await target.OpenSessionAsync(cancel).ConfigureAwait(false);
        var load = new TableLoad(target, session, mode, options, context);
        try
        {
            await load.PrepareAsync(schema, cancel).ConfigureAwait(false);
            return load;
        }
        catch (Exception e)
        {
            await session.DisposeAsync().ConfigureAwait(false);
            if (load.Explained(e, cancel) is { } explained) throw explained;
            throw;
        }
    }

    async Task PrepareAsync(Schema schema, CancellationToken cancel)
    {
        if (options.Id is { } id && await state.HasLoadAsync(id, cancel).ConfigureAwait(false))
        {
            IsDone = true;
            return;
        }
        this.schema = schema;
        match = await MatchAsync(cancel).ConfigureAwait(false);
        key = [.. target.Key.Select(k => match.Find(k)!)];
        guard = new RowGuard(match, schema, key, target.Name, options.Contract, Rejects, options.RefusesStaged(mode, target.Key));
        if (mode != Load.DeleteInsert) keys = KeyWatch.Of(guard.Schema, key);
        stagingTable = await session.StageAsync(guard.Schema, options.Streams, cancel).ConfigureAwait(false);
        merge = new MergeSql(session.Dialect, session.Dialect.Quote(target.Table), stagingTable, match.Columns, key);
    }

    async Task<SchemaMatch> MatchAsync(CancellationToken cancel)
    {
        var existing = await session.ReadColumnsAsync(target.Table, cancel).ConfigureAwait(false);
        string[] own = mode == Load.Scd2 ? [MergeSql.ValidFrom, MergeSql.ValidTo, MergeSql.IsCurrent] : [];
        if (existing is not null && own.FirstOrDefault(name => !existing.Any(c => c.Field.Name == name)) is { } missing)
            throw new LoadException($"{target.Name} keeps no versions: it has no column {missing}. Let Load.Scd2 create the table, or add valid_from, valid_to (instants) and is_current (boolean).");
        return SchemaMatch.Of(target.Name, schema, existing, target.Key, options.Contract, session.Dialect, own);
    }

    // Since the rows were matched with the table, another load may have made it or given it a column; now no other can.
    async Task MatchAgainAsync(CancellationToken cancel)
    {
        var now = await MatchAsync(cancel).ConfigureAwait(false);
        if (!now.StagesLike(match))
            throw new LoadException($"The table {target.Name} was changed while this load ran, and its rows are staged for what it was. Nothing was loaded; run the load again.");
        match = now;
        key = [.. target.Key.Select(k => match.Find(k)!)];
        merge = new MergeSql(session.Dialect, session.Dialect.Quote(target.Table), stagingTable, match.Columns, key);
    }

    public override async ValueTask WriteAsync(Batch batch, CancellationToken cancel)
    {
        var since = Stopwatch.GetTimestamp();
        var rows = batch.Count;
        rowsIn += rows;
        var before = guard.Rejected;
        var passed = guard.Pass(batch);
        keys?.See(passed);
        try
        {
            await session.WriteAsync(passed, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (Explained(e, cancel) is { } explained)
        {
            throw explained;
        }
        var rejected = guard.Rejected - before;
        staging.Count(rows, rows - rejected, Stopwatch.GetElapsedTime(since), rejected: rejected);
    }

    internal override async Task CommitLoadAsync(CancellationToken cancel)
    {
        try
        {
            await PublishAsync(cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (Explained(e, cancel) is { } explained)
        {
            throw explained;
        }
    }

    async Task PublishAsync(CancellationToken cancel)
    {
        var since = Stopwatch.GetTimestamp();
        var bytes = isPushed ? 0 : await session.EndStagingAsync(cancel).ConfigureAwait(false);
        if (key.Count > 0) await session.IndexAsync(key.Select(k => k.Staged.Name), cancel).ConfigureAwait(false);
        var repeated = await RefuseRepeatedAsync(cancel).ConfigureAwait(false);
        await session.BeginAsync(target.Table, cancel).ConfigureAwait(false);
        if (options.Id is { } id && await state.HasLoadAsync(id, cancel).ConfigureAwait(false))
            throw new LoadException($"Another process committed the load '{id}' of {target.Name} while this one ran. Nothing was loaded twice.");
        if (State is { } move) move.MustStandAt(await state.ReadAsync(move.Name, cancel).ConfigureAwait(false), target.Name);
        await MatchAgainAsync(cancel).ConfigureAwait(false);
        await ShapeTableAsync(cancel).ConfigureAwait(false);
        if (options.Id is not null || State is not null) await state.CreateAsync(cancel).ConfigureAwait(false);
        await session.LockAsync(target.Table, cancel).ConfigureAwait(false);
        var late = mode == Load.Scd2 ? await RefuseLateAsync(cancel).ConfigureAwait(false) : 0;
        var rejected = guard.Rejected + pushedRejects + repeated + late;
        MustNotRejectTooMany(rejected, rowsIn, options.MaxRejected);
        if (mode == Load.Scd2 && options.CloseMissing) MustKnowWhatIsMissing(Refused - repeated);
        var (added, changed, deleted, unchanged) = await MergeAsync(rowsIn - rejected, cancel).ConfigureAwait(false);
        Counts = new LoadCounts
        {
            In = rowsIn,
            Added = added,
            Changed = changed,
            Deleted = deleted,
            Unchanged = unchanged,
            Rejected = rejected,
            Bytes = bytes,
            SchemaChanges = match.Changes,
            DiscardedValues = guard.DiscardedValues,
        };
        Counts.MustAddUp(target.Name);
        if (options.Id is not null || State is not null)
        {
            var now = options.Time.GetUtcNow();
            if (options.Id is { } done) await state.AddLoadAsync(done, rowsIn, now, cancel).ConfigureAwait(false);
            if (State is { } kept) await state.KeepAsync(kept.Name, kept.State, rowsIn, now, cancel).ConfigureAwait(false);
        }
        await session.CommitAsync(cancel).ConfigureAwait(false);
        publishing.Count(rowsIn - rejected, added + changed, Stopwatch.GetElapsedTime(since), bytes, repeated + late);
    }

    async Task ShapeTableAsync(CancellationToken cancel)
    {
        var dialect = session.Dialect;
        if (match.IsNew)
        {
            var columns = match.Added.Select(f => key.Any(k => k.Staged.Name == f.Name) ? dialect.Declare(f.Name, dialect.KeyTypeOf(f), nullable: false) : Declared(f)).ToList();
            if (mode == Load.Scd2)
                columns.AddRange(new[] { new Field(MergeSql.ValidFrom, DataType.Instant, false), new Field(MergeSql.ValidTo, DataType.Instant), new Field(MergeSql.IsCurrent, DataType.Boolean, false) }.Select(Declared));
            // Rows that are replaced by their day or partition share their key.
            if (key.Count > 0 && mode != Load.DeleteInsert)
                columns.Add($"primary key ({string.Join(", ", key.Select(k => k.Staged.Name).Concat(mode == Load.Scd2 ? [MergeSql.ValidFrom] : []).Select(dialect.Quote))})");
            await session.RunAsync($"create table {dialect.Quote(target.Table)} ({string.Join(", ", columns)})", cancel).ConfigureAwait(false);
            return;
        }
        foreach (var field in match.Added)
            await session.RunAsync(dialect.AddColumn(target.Table, field), cancel).ConfigureAwait(false);
        foreach (var (name, _) in match.Widened)
            await dialect.WidenAsync(session, target.Table, match[name], cancel).ConfigureAwait(false);
    }

    string Declared(Field field) => session.Dialect.Declare(field.Name, session.Dialect.TypeOf(field), field.Nullable);

    // What the database said, with what it means for the table.
    Exception? Explained(Exception e, CancellationToken cancel) => e switch
    {
        // A driver that is stopped in the middle may say that its connection broke.
        DbException or DatabaseException or IOException or System.Net.Sockets.SocketException when cancel.IsCancellationRequested => new OperationCanceledException("The load was cancelled.", e, cancel),
        LoadException => null,
        // 57P: the server told the session to go.
        DbException { SqlState: { } code } when !code.StartsWith("57P", StringComparison.Ordinal) => Refusal(e),
        DatabaseException => Refusal(e),
        DbException or IOException or System.Net.Sockets.SocketException => new LoadException(
            $"The database went away during the load of {target.Name}: {e.Message} Unless its last words were lost on the way, nothing was loaded. Run the load again once the database is back.", e),
        _ => null,
    };

    LoadException Refusal(Exception e) => new($"{target.Kind} refused the load of {target.Name}: {Said(e)}. Nothing was loaded.{Remedy(e)}", e);

    // Npgsql's message goes on about details that it doesn't show.
    static string Said(Exception e) => (e is Npgsql.PostgresException { MessageText: var text } ? text : e.Message).TrimEnd('.');

    string Remedy(Exception e) => mode == Load.Append && (e is DbException { SqlState: "23505" } || e.Message.Contains("UNIQUE constraint", StringComparison.Ordinal) || e.Message.Contains("Duplicate key", StringComparison.Ordinal))
        ? " A row with that key is there already: load by insert-only to leave it, or by upsert to change it."
        : "";

    public override ValueTask DisposeAsync() => session.DisposeAsync();
}
