namespace Millrace.Plans;

/// <summary>How far one source of a run is, over all the places of the plan that read it. Any thread may count.</summary>
sealed class Reading(int columns)
{
    // What a value is taken to weigh beside sources that know their bytes.
    const int ValueBytes = 8;

    long rows, bytes, ended, size = -1, sizeRows = -1;
    int readers, begun;
    volatile Func<double?>? engine;

    internal long Rows => Interlocked.Read(ref rows);

    internal long Bytes => BytesTotal is not { } all ? Interlocked.Read(ref bytes)
        : HasEnded ? all
        : engine?.Invoke() is { } share ? (long)(share * all)
        : Math.Min(Interlocked.Read(ref bytes), all);

    internal long? BytesTotal => Interlocked.Read(ref size) is >= 0 and var one ? one * Readers : null;

    /// <summary>What the source is worth beside the others; null where it doesn't know.</summary>
    internal double? Weight => BytesTotal is { } known ? known : Interlocked.Read(ref sizeRows) is >= 0 and var one ? (double)one * Readers * columns * ValueBytes : null;

    /// <summary>From 0 to 1; meaningless where there is no weight.</summary>
    internal double Share
    {
        get
        {
            if (HasEnded) return 1;
            if (engine?.Invoke() is { } known) return known;
            var (all, done) = BytesTotal is { } total ? (total, Interlocked.Read(ref bytes)) : (Interlocked.Read(ref sizeRows) * Readers, Rows);
            return all > 0 ? Math.Clamp(done / (double)all, 0, 1) : 0;
        }
    }

    bool HasEnded => Interlocked.Read(ref ended) >= Readers;
    int Readers => Math.Max(1, Volatile.Read(ref readers));

    internal void AddReader() => Interlocked.Increment(ref readers);

    /// <summary>One of its readers begins. DuckDB reads a table anew for each place of its statement that names it: such a reader was not expected.</summary>
    internal void Begin()
    {
        if (Interlocked.Increment(ref begun) > Volatile.Read(ref readers)) AddReader();
    }

    internal void Measured(SourceSize of)
    {
        if (of.Bytes is { } known) Interlocked.Exchange(ref size, known);
        if (of.Rows is { } count) Interlocked.Exchange(ref sizeRows, count);
    }

    internal void AddRows(long count) => Interlocked.Add(ref rows, count);
    internal void AddBytes(long count) => Interlocked.Add(ref bytes, count);

    /// <summary>An engine reads the source itself, and says how far it is.</summary>
    internal void Follow(Func<double?> share) => engine = share;

    /// <summary>One of its readers has seen the last row: an estimate that was too high is as good as reached.</summary>
    internal void End()
    {
        engine = null;
        Interlocked.Increment(ref ended);
    }
}

/// <summary>How far the sources of a run are, and how many rows have come out at the end.</summary>
sealed class Readings
{
    readonly Lock guard = new();
    readonly Dictionary<ISource, Reading> readings = new(ReferenceEqualityComparer.Instance);
    long rows;
    long? since;

    /// <summary>Whether the readings are worth measuring their sources for.</summary>
    internal bool AreWatched { get; set; }

    internal void Begin(TimeProvider time)
    {
        lock (guard) since ??= time.GetTimestamp();
    }

    /// <summary>Says before the run that a place of the plan will read the source.</summary>
    /// <returns>The reading, and whether it is new.</returns>
    internal (Reading Reading, bool IsNew) Expect(ISource source)
    {
        lock (guard)
        {
            var isNew = !readings.TryGetValue(source, out var reading);
            reading ??= readings[source] = new(Math.Max(1, source.Schema.Count));
            reading.AddReader();
            return (reading, isNew);
        }
    }

    /// <summary>Null for a source that nobody expected: one that only joins two parts of a plan.</summary>
    internal Reading? Of(ISource source)
    {
        lock (guard) return readings.GetValueOrDefault(source);
    }

    internal void Deliver(long count) => Interlocked.Add(ref rows, count);

    internal RunProgress Now(RunContext run)
    {
        List<Reading> all;
        TimeSpan elapsed;
        lock (guard)
        {
            all = [.. readings.Values];
            elapsed = since is { } start ? run.Time.GetElapsedTime(start) : TimeSpan.Zero;
        }
        return new RunProgress
        {
            Elapsed = elapsed,
            RowsRead = all.Sum(r => r.Rows),
            Rows = Interlocked.Read(ref rows),
            Rejected = run.Rejects?.Count ?? 0,
            BytesRead = all.Sum(r => r.Bytes),
            BytesTotal = all.Any(r => r.BytesTotal is not null) ? all.Sum(r => r.BytesTotal ?? 0) : null,
            Share = ShareOf(all),
            Limiting = run.Stages.Limiting,
        };
    }

    static double? ShareOf(List<Reading> all)
    {
        if (all.Any(r => r.Weight is null)) return null;
        var whole = all.Sum(r => r.Weight!.Value);
        return whole > 0 ? all.Sum(r => r.Weight!.Value * r.Share) / whole : null;
    }
}
