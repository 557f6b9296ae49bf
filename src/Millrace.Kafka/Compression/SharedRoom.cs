namespace Millrace.Kafka.Compression;

/// <summary>
/// Bytes that may be unpacked at once by all who share it. Small buffers don't count: there are no more of them than threads that
/// unpack, and what usual clients send fits into them.
/// </summary>
sealed class SharedRoom(long limit)
{
    /// <summary>A buffer up to that size is taken without asking.</summary>
    internal const int Small = 2 << 20;

    long used, peak;

    internal long Limit => limit;

    internal long Used => Volatile.Read(ref used);

    /// <summary>The most that was used at once.</summary>
    internal long Peak => Volatile.Read(ref peak);

    /// <summary>Nobody waits here: who unpacks holds a thread. False where there is no room now.</summary>
    internal bool TryTake(long bytes)
    {
        while (true)
        {
            var before = Volatile.Read(ref used);
            if (before + bytes > limit) return false;
            if (Interlocked.CompareExchange(ref used, before + bytes, before) != before) continue;
            Raise(before + bytes);
            return true;
        }
    }

    void Raise(long now)
    {
        for (var most = Volatile.Read(ref peak); now > most;)
        {
            var seen = Interlocked.CompareExchange(ref peak, now, most);
            if (seen == most) return;
            most = seen;
        }
    }

    internal void Return(long bytes) => Interlocked.Add(ref used, -bytes);
}
