using System.Globalization;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>How staged rows meet the table's, and which are refused then.</summary>
sealed partial class TableLoad
{
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
                if (match.IsNew) return (await session.RunAsync(merge.InsertVersions(Effective), cancel).ConfigureAwait(false), 0, 0, 0);
                var (_, current) = await MeetAsync(merge.MeetCurrent, cancel).ConfigureAwait(false);
                var closed = await session.RunAsync(merge.CloseChanged(Effective), cancel).ConfigureAwait(false);
                var missing = options.CloseMissing ? await session.RunAsync(merge.CloseMissing(Effective), cancel).ConfigureAwait(false) : 0;
                return (await session.RunAsync(merge.InsertVersions(Effective), cancel).ConfigureAwait(false) - closed, closed, missing, current);
            default:
                if (match.IsNew) return (await session.RunAsync(merge.InsertAll, cancel).ConfigureAwait(false), 0, 0, 0);
                if (mode == Load.Upsert && merge.UpdateChanged is not null && await session.TryMergeAsync(merge, target.Table, cancel).ConfigureAwait(false) is var (isNew, isChanged, isSame)) return (isNew, isChanged, 0, isSame);
                var (met, same) = await MeetAsync(merge.Meet, cancel).ConfigureAwait(false);
                var changed = mode == Load.Upsert && met > same ? await session.RunAsync(merge.UpdateChanged!, cancel).ConfigureAwait(false) : 0;
                var added = met == staged ? 0 : await session.RunAsync(merge.InsertNew, cancel).ConfigureAwait(false);
                return (added, changed, 0, mode == Load.Upsert ? same : met);
        }
    }

    // Counted and not taken for the rest, so that rows which the database lets go are missed.
    async Task<(long Met, long Same)> MeetAsync(string sql, CancellationToken cancel)
    {
        var row = (await session.QueryAsync(sql, cancel).ConfigureAwait(false))[0];
        return (Convert.ToInt64(row[0], CultureInfo.InvariantCulture), Convert.ToInt64(row[1], CultureInfo.InvariantCulture));
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
        Rejects.Add(new Reject(rule, guard.Step, string.Join(", ", target.Key), KeyOf(row), source, line, message));
    }

    // A key whose row was refused is not among the staged ones, as one that is gone.
    void MustKnowWhatIsMissing(long refused)
    {
        if (refused > 0)
            throw new LoadException($"{refused:N0} rows on their way to {target.Name} were rejected ({Rejects.Summary()}), and CloseMissing would close their keys as if they were gone. Nothing was loaded. Correct the rows, or load without CloseMissing.");
    }
}
