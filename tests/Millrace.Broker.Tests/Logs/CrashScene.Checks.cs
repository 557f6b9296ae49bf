namespace Millrace.Broker.Tests.Logs;

sealed partial class CrashScene
{
    void Check()
    {
        foreach (var log in logs) Check(log);
    }

    void Check(SceneLog scene)
    {
        var log = scene.Log;
        var where = $"Seed {seed}, crash point {CrashPoints}, {scene.Path} ({log.Repaired} bytes were cut off)";
        Assert.True(log.Damage is null, $"{where}: {log.Damage}");
        Assert.True(log.HighWatermark >= scene.MostSeen, $"{where}: the high watermark was {scene.MostSeen} and is {log.HighWatermark}.");
        Assert.True(log.StartOffset >= Math.Max(scene.Deleted, scene.MostStart), $"{where}: what is before {Math.Max(scene.Deleted, scene.MostStart)} was deleted, and the log starts at {log.StartOffset}.");
        if (!scene.IsCompacted && log.Settings.RetentionBytes < 0)
            Assert.True(log.StartOffset <= Math.Max(scene.MostDeleted, scene.MostStart), $"{where}: the log starts at {log.StartOffset}, and nobody deleted what is before.");
        scene.See();

        var seen = LogReader.ReadAll(log);
        for (var i = 1; i < seen.Count; i++) Assert.True(seen[i].Offset > seen[i - 1].Offset, $"{where}: the offset {seen[i].Offset} comes behind {seen[i - 1].Offset}.");
        var data = seen.Where(r => !r.IsControl).ToList();
        foreach (var record in data) Assert.True(scene.Attempted.Contains(record.Value!), $"{where}: nobody sent the record at {record.Offset}.");
        Assert.True(data.DistinctBy(r => r.Value).Count() == data.Count, $"{where}: a record is there twice.");
        var byOffset = data.ToDictionary(r => r.Offset, r => r.Value!);
        var committed = LogReader.ReadCommitted(log);
        if (scene.IsCompacted) CheckCompacted(scene, where, byOffset, committed);
        else foreach (var (offset, (_, value)) in scene.Acknowledged.SkipWhile(a => a.Key < log.StartOffset))
            Assert.True(byOffset.GetValueOrDefault(offset) == value, $"{where}: the acknowledged record {value.TrimEnd('x')} at {offset} is gone, there is {byOffset.GetValueOrDefault(offset)?.TrimEnd('x') ?? "nothing"}.");
        CheckTransactions(scene, where, committed);
    }

    /// <summary>Of each key, the latest record that counts is there.</summary>
    static void CheckCompacted(SceneLog scene, string where, Dictionary<long, string> byOffset, List<SeenRecord> committed)
    {
        var last = committed.GroupBy(r => r.Key!).ToDictionary(g => g.Key, g => g.Max(r => r.Offset));
        foreach (var (offset, (key, value)) in scene.Acknowledged.SkipWhile(a => a.Key < scene.Log.StartOffset))
        {
            if (byOffset.GetValueOrDefault(offset) == value) continue;
            if (scene.TransactionOf.GetValueOrDefault(value) is { IsCommit: not true }) continue;
            Assert.True(last.GetValueOrDefault(key, -1) > offset, $"{where}: the latest record of {key}, at {offset}, is gone.");
        }
    }

    static void CheckTransactions(SceneLog scene, string where, List<SeenRecord> committed)
    {
        var visible = committed.Select(r => r.Value!).ToHashSet();
        foreach (var value in visible)
            if (scene.TransactionOf.GetValueOrDefault(value) is { } transaction) Assert.True(transaction.IsCommit == true, $"{where}: {value.TrimEnd('x')} is read, though its transaction wasn't committed.");
        if (scene.IsCompacted) return;
        var kept = scene.Acknowledged.SkipWhile(a => a.Key < scene.Log.StartOffset).TakeWhile(a => a.Key < scene.Log.StableOffset).Select(a => a.Value.Value).ToList();
        foreach (var group in kept.Where(v => scene.TransactionOf.GetValueOrDefault(v) is { IsCommit: true }).GroupBy(v => scene.TransactionOf[v]!))
        {
            var there = group.Count(visible.Contains);
            Assert.True(there == group.Count() || (there == 0 && !group.Key.Marked.Contains(scene)), $"{where}: {there} of {group.Count()} records of a committed transaction are read.");
        }
        foreach (var (offset, (_, value)) in scene.Acknowledged.SkipWhile(a => a.Key < scene.Log.StartOffset).TakeWhile(a => a.Key < scene.Log.StableOffset))
            if (!scene.TransactionOf.TryGetValue(value, out var transaction) || transaction is null) Assert.True(visible.Contains(value), $"{where}: the record at {offset} isn't read, though it's in no transaction.");
    }
}
