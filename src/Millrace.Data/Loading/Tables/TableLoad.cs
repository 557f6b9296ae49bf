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
    readonly RejectLog rejects;
    readonly LoadState state;
    SchemaMatch match = null!;
    RowGuard guard = null!;
    MergeSql merge = null!;
    IReadOnlyList<MatchedColumn> key = [];
    KeyWatch? keys;
    string stagingTable = "";
    bool alreadyLoaded;
    long rowsIn;

    TableLoad(TableTarget target, LoadSession session, Load mode, LoadOptions options, RunContext context)
    {
        (this.target, this.session, this.options) = (target, session, options);
        this.mode = mode == Load.Incremental ? target.Key.Count > 0 ? Load.Upsert : Load.Append : mode;
        rejects = context.Rejects ?? new RejectLog();
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
            alreadyLoaded = true;
            return;
        }
        var existing = await session.ReadColumnsAsync(target.Table, cancel).ConfigureAwait(false);
        string[] own = mode == Load.Scd2 ? [MergeSql.ValidFrom, MergeSql.ValidTo, MergeSql.IsCurrent] : [];
        match = SchemaMatch.Of(target.Name, schema, existing, target.Key, options.Contract, session.Dialect, own);
        if (existing is not null && own.FirstOrDefault(name => !existing.Any(c => c.Field.Name == name)) is { } missing)
            throw new LoadException($"{target.Name} keeps no versions: it has no column {missing}. Let Load.Scd2 create the table, or add valid_from, valid_to (instants) and is_current (boolean).");
        key = [.. target.Key.Select(k => match.Find(k)!)];
        guard = new RowGuard(match, schema, key, target.Name, options.Contract, rejects, options.RefusesStaged(mode, target.Key));
        if (mode != Load.DeleteInsert) keys = KeyWatch.Of(guard.Schema, key);
        stagingTable = await session.StageAsync(guard.Schema, options.Streams, cancel).ConfigureAwait(false);
        merge = new MergeSql(session.Dialect, session.Dialect.Quote(target.Table), stagingTable, match.Columns, key);
    }

    public override async ValueTask WriteAsync(Batch batch, CancellationToken cancel)
    {
        var since = Stopwatch.GetTimestamp();
        var rows = batch.Count;
        rowsIn += rows;
        if (alreadyLoaded)
        {
            batch.Dispose();
            return;
        }
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
        if (alreadyLoaded)
        {
            Counts = new LoadCounts { In = rowsIn, Skipped = rowsIn };
            return;
        }
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
        await ShapeTableAsync(cancel).ConfigureAwait(false);
        if (options.Id is not null || State is not null) await state.CreateAsync(cancel).ConfigureAwait(false);
        await session.LockAsync(target.Table, cancel).ConfigureAwait(false);
        var late = mode == Load.Scd2 ? await RefuseLateAsync(cancel).ConfigureAwait(false) : 0;
        var rejected = guard.Rejected + pushedRejects + repeated + late;
        MustNotRejectTooMany(rejected);
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
            await session.RunAsync(dialect.Widen(target.Table, name, match[name].Type, match[name].Nullable), cancel).ConfigureAwait(false);
    }

    string Declared(Field field) => session.Dialect.Declare(field.Name, session.Dialect.TypeOf(field), field.Nullable);

    async Task<(long Added, long Changed, long Deleted, long Unchanged)> MergeAsync(long staged, CancellationToken cancel)
    {
        switch (mode)
        {
            case Load.Full:
                // Deleted and not truncated: readers whose snapshot is older still find the old rows.
                var all = match.IsNew ? 0 : await session.RunAsync(merge.DeleteAll, cancel).ConfigureAwait(false);
                return (await session.RunAsync(merge.InsertAll, cancel).ConfigureAwait(false), 0, all, 0);
            case Load.Append:
                return (await session.RunAsync(merge.InsertAll, cancel).ConfigureAwait(false), 0, 0, 0);
            case Load.DeleteInsert:
                var gone = match.IsNew ? 0 : await session.RunAsync(merge.DeleteMatching, cancel).ConfigureAwait(false);
                return (await session.RunAsync(merge.InsertAll, cancel).ConfigureAwait(false), 0, gone, 0);
            case Load.Scd2:
                var effective = Effective;
                var closed = match.IsNew ? 0 : await session.RunAsync(merge.CloseChanged(effective), cancel).ConfigureAwait(false);
                var missing = match.IsNew || !options.CloseMissing ? 0 : await session.RunAsync(merge.CloseMissing(effective), cancel).ConfigureAwait(false);
                var versions = await session.RunAsync(merge.InsertVersions(effective), cancel).ConfigureAwait(false);
                return (versions - closed, closed, missing, staged - versions);
            case Load.Upsert when !match.IsNew && merge.UpdateChanged is not null && await session.TryMergeAsync(merge, target.Table, cancel).ConfigureAwait(false) is var (written, isNew):
                return (isNew, written - isNew, 0, staged - written);
            default:
                var added = await session.RunAsync(match.IsNew ? merge.InsertAll : merge.InsertNew, cancel).ConfigureAwait(false);
                var changed = mode == Load.Upsert && !match.IsNew && added < staged && merge.UpdateChanged is { } update ? await session.RunAsync(update, cancel).ConfigureAwait(false) : 0;
                return (added, changed, 0, staged - added - changed);
        }
    }

    string Effective => effective ??= session.Dialect.Instant(options.EffectiveAt ?? options.Time.GetUtcNow());
    string? effective;

    async Task<long> RefuseRepeatedAsync(CancellationToken cancel)
    {
        if (key.Count == 0 || mode == Load.DeleteInsert || (!isPushed && keys is { AllDiffer: true })) return 0;
        if ((await session.QueryAsync(merge.AnyRepeated, cancel).ConfigureAwait(false)).Count == 0) return 0;
        var rows = await session.QueryAsync(options.Duplicates == DuplicateKeys.Fail ? session.Dialect.First(merge.Repeated(Shown), 5) : merge.Repeated(Shown), cancel).ConfigureAwait(false);
        if (options.Duplicates == DuplicateKeys.Fail)
            throw new LoadException($"Rows of the load share their key ({string.Join(", ", target.Key)}), so {target.Name} can't say which is right: {string.Join("; ", rows.Select(KeyOf))}. Deduplicate the frame by the key, or load with Duplicates = DuplicateKeys.Reject to keep the first of each.");
        foreach (var row in rows) Refuse(row, "duplicate key", $"An earlier row of the load has the key {KeyOf(row)}.");
        await session.RunAsync(merge.DeleteRepeated, cancel).ConfigureAwait(false);
        return rows.Count;
    }

    async Task<long> RefuseLateAsync(CancellationToken cancel)
    {
        if (match.IsNew) return 0;
        var rows = await session.QueryAsync(merge.Late(Effective, Shown), cancel).ConfigureAwait(false);
        if (rows.Count == 0) return 0;
        foreach (var row in rows) Refuse(row, "late", $"The version of {KeyOf(row)} that is current began no earlier than this change took effect. Load changes in the order of their time.");
        await session.RunAsync(merge.DeleteLate(Effective), cancel).ConfigureAwait(false);
        return rows.Count;
    }

    string Shown => string.Join(", ", key.Select(k => k.Staged.Name).Concat(guard.StagesProvenance ? [Provenance.Source, Provenance.Line] : []).Select(n => $"s.{session.Dialect.Quote(n)}"));

    string KeyOf(object?[] row) => string.Join(", ", key.Select((k, i) => ClrValue.Display(row[i])));

    void Refuse(object?[] row, string rule, string message)
    {
        var source = guard.StagesProvenance ? row[key.Count] as string : null;
        var line = guard.StagesProvenance ? row[key.Count + 1] as long? : null;
        rejects.Add(new Reject(rule, guard.Step, string.Join(", ", target.Key), KeyOf(row), source, line, message));
    }

    void MustNotRejectTooMany(long rejected)
    {
        if (rejected > options.MaxRejected * rowsIn)
            throw new LoadException($"{rejected:N0} of {rowsIn:N0} rows were rejected, more than the share of {options.MaxRejected} that MaxRejected allows. Nothing was loaded; the rejects say why.");
    }

    // What the database said, with what it means for the table.
    Exception? Explained(Exception e, CancellationToken cancel) => e switch
    {
        // A driver that is stopped in the middle may say that its connection broke.
        DbException or DatabaseException or IOException or System.Net.Sockets.SocketException when cancel.IsCancellationRequested => new OperationCanceledException("The load was cancelled.", e, cancel),
        LoadException => null,
        DbException { SqlState: not null } or DatabaseException => new LoadException($"{target.Kind} refused the load of {target.Name}: {Said(e)}. Nothing was loaded.{Remedy(e)}", e),
        DbException or IOException or System.Net.Sockets.SocketException => new LoadException(
            $"The database went away during the load of {target.Name}: {e.Message} Unless its last words were lost on the way, nothing was loaded. Run the load again once the database is back.", e),
        _ => null,
    };

    // Npgsql's message goes on about details that it doesn't show.
    static string Said(Exception e) => (e is Npgsql.PostgresException { MessageText: var text } ? text : e.Message).TrimEnd('.');

    string Remedy(Exception e) => mode == Load.Append && (e is DbException { SqlState: "23505" } || e.Message.Contains("UNIQUE constraint", StringComparison.Ordinal) || e.Message.Contains("Duplicate key", StringComparison.Ordinal))
        ? " A row with that key is there already: load by insert-only to leave it, or by upsert to change it."
        : "";

    public override ValueTask DisposeAsync() => session.DisposeAsync();
}
