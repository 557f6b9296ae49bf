using System.Runtime.InteropServices;
using System.Text;
using Millrace.Broker.Logs;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.State;

/// <summary>
/// What the broker remembers besides records: topics, committed offsets, transactions, credentials. It's a log like those of
/// partitions, with a key and a value a record, so it's as durable as they are and shares their flushes. A record without
/// a value forgets a key:
/// <code>
///  key:   | kind, 1 byte | text |       value:  what the kind's owner wrote
/// </code>
/// Now and then all that is remembered is written again, and what is before that is deleted.
/// </summary>
sealed class StateLog : IDisposable
{
    const int SegmentBytes = 4 << 20;
    const int ReadSize = 1 << 20;

    readonly Lock gate = new();
    readonly Dictionary<(StateKind Kind, string Key), byte[]> live = [];
    readonly PartitionLog log;
    readonly LogFolder logs;
    readonly TimeProvider time;
    readonly BatchBuilder builder = new();
    long liveBytes;
    // The life of the log that what is remembered was read in.
    int liveSince;

    StateLog(LogFolder logs, PartitionLog log, TimeProvider time)
    {
        (this.logs, this.log, this.time) = (logs, log, time);
        if (log.Damage is { } damage) throw new BrokerException(damage);
        Reload(log.Life);
    }

    /// <summary>Reads all again: after a flush that failed, what was remembered since the one before it is gone from the log.</summary>
    void Reload(int life)
    {
        live.Clear();
        (liveBytes, liveSince) = (0, life);
        for (var offset = log.StartOffset; offset < log.EndOffset;) offset = Replay(offset);
    }

    internal long EndOffset => log.EndOffset;

    internal static StateLog Open(LogFolder logs, TimeProvider time)
    {
        // Times are of no interest here: what is remembered is remembered until it's overwritten.
        var settings = new TopicSettings { SegmentBytes = SegmentBytes, IsDeleted = false, MaxMessageBytes = int.MaxValue };
        return new(logs, logs.OpenLog("state", settings), time);
    }

    long Replay(long offset)
    {
        var read = log.Read(offset, ReadSize, log.EndOffset, atLeastOne: true);
        if (read.Buffer is null) throw new BrokerException($"The broker's state can't be read from offset {offset} on ({read.Error}).");
        try
        {
            for (ReadOnlySpan<byte> batches = read.Batches.Span; batches.Length > 0; batches = batches[(int)BatchHeader.TotalLength(batches)..])
            {
                var records = new RecordReader(batches[BatchHeader.Size..(int)BatchHeader.TotalLength(batches)], BatchHeader.Count(batches));
                while (records.Read(out var record)) Apply((StateKind)record.Key[0], Encoding.UTF8.GetString(record.Key[1..]), record.HasValue ? record.Value.ToArray() : null);
            }
            return read.NextOffset;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(read.Buffer);
        }
    }

    void Apply(StateKind kind, string key, byte[]? value)
    {
        if (live.Remove((kind, key), out var old)) liveBytes -= key.Length + old.Length;
        if (value is null) return;
        live.Add((kind, key), value);
        liveBytes += key.Length + value.Length;
    }

    internal List<(string Key, byte[] Value)> All(StateKind kind)
    {
        lock (gate) return [.. live.Where(p => p.Key.Kind == kind).Select(p => (p.Key.Key, p.Value))];
    }

    internal byte[]? Find(StateKind kind, string key)
    {
        lock (gate) return live.GetValueOrDefault((kind, key));
    }

    internal ValueTask PutAsync(StateKind kind, string key, byte[]? value) => PutAsync([new(kind, key, value)]);

    /// <summary>
    /// Remembers changes, all of them or none. They are ordered by the call, and safe when the task ends. What fails
    /// throws <see cref="IOException"/> and has changed nothing.
    /// </summary>
    internal ValueTask PutAsync(ReadOnlySpan<StateChange> changes)
    {
        if (changes.Length == 0) return ValueTask.CompletedTask;
        int life;
        lock (gate)
        {
            life = Append(changes);
            if (life != liveSince) Reload(life);
            else foreach (var change in changes) Apply(change.Kind, change.Key, change.Value);
            if (log.Bytes > SegmentBytes + 4 * liveBytes) TryRewrite(life);
        }
        return new(logs.FlushAsync(log, life));
    }

    int Append(ReadOnlySpan<StateChange> changes)
    {
        builder.Clear();
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var change in changes)
        {
            var key = new byte[1 + Encoding.UTF8.GetByteCount(change.Key)];
            key[0] = (byte)change.Kind;
            Encoding.UTF8.GetBytes(change.Key, key.AsSpan(1));
            builder.Add(now, key, hasKey: true, change.Value, change.Value is not null);
        }
        var appended = log.Append(MemoryMarshal.AsMemory(builder.Build(new())), leaderEpoch: 0, now);
        if (appended.Error != ErrorCode.None) throw new IOException($"The broker's state can't be written: {appended.Message ?? appended.Error.ToString()}");
        return appended.Life;
    }

    /// <summary>Writes all again, so that the segments before can go. What the disk refuses is left for the next time.</summary>
    void TryRewrite(int life)
    {
        try
        {
            Rewrite(life);
        }
        catch (IOException)
        {
            // What was to be remembered is in the log all the same, and its flush says whether it's safe.
        }
    }

    void Rewrite(int life)
    {
        var from = log.EndOffset;
        foreach (var some in live.Select(p => new StateChange(p.Key.Kind, p.Key.Key, p.Value)).Chunk(1000)) Append(some);
        // What is new must be safe before what is old goes.
        log.Flush();
        if (log.Life == life) log.DeleteBefore(from);
    }

    public void Dispose() => builder.Dispose();
}
