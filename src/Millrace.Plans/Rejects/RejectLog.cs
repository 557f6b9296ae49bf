using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Millrace.Data;

/// <summary>
/// What a run refused. Any thread may add. Beyond <see cref="InMemory"/> rejects it writes them to a temporary file, so
/// that a file full of bad rows fills no memory; disposing it deletes that file.
/// </summary>
public sealed class RejectLog : IDisposable
{
    /// <summary>How many rejects are kept in memory before the file begins.</summary>
    public const int InMemory = 10_000;

    /// <summary>What ends the message of a row that was to be rejected, where the run has nowhere to put it.</summary>
    internal const string Missing = " The row was to be rejected, and this run keeps no rejects: give it a new RunContext { Rejects = new RejectLog() }.";

    readonly Lock guard = new();
    readonly List<Reject> rejects = [];
    readonly List<Reject> discarded = [];
    readonly Dictionary<(string Step, string Rule), (long Count, Reject First)> kinds = [];
    FileStream? file;
    bool disposed;

    /// <summary>How many rows may be refused: one more ends the run. Null for any number.</summary>
    public long? Max
    {
        get;
        init => field = value is null or >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(Max), value, "At least no row at all may be refused.");
    }

    /// <summary>Where the file is made; the system's temporary folder otherwise.</summary>
    public string? Folder { get; init; }

    public long Count { get; private set; }

    /// <exception cref="RejectLimitException">More rows are refused than <see cref="Max"/> allows; this one is in the log too.</exception>
    public void Add(Reject reject)
    {
        lock (guard)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            Count++;
            ref var kind = ref CollectionsMarshal.GetValueRefOrAddDefault(kinds, (reject.Step, reject.Rule), out var known);
            kind = (kind.Count + 1, known ? kind.First : reject);
            if (rejects.Count < InMemory) rejects.Add(reject);
            else Append(reject);
            if (Count > Max) throw new RejectLimitException(Max.Value, Summary());
        }
    }

    /// <summary>How many rows each step refused by each rule.</summary>
    public IReadOnlyDictionary<(string Step, string Rule), long> Counts
    {
        get
        {
            lock (guard) return kinds.ToDictionary(k => k.Key, k => k.Value.Count);
        }
    }

    /// <summary>The first rejects, at most <see cref="InMemory"/>.</summary>
    internal IReadOnlyList<Reject> First
    {
        get
        {
            lock (guard) return [.. rejects];
        }
    }

    /// <summary>Notes a value that became null because its step was told to let it: the row stays, so it isn't counted among those refused.</summary>
    public void AddDiscarded(Reject value)
    {
        lock (guard)
        {
            DiscardedCount++;
            if (discarded.Count < InMemory) discarded.Add(value);
        }
    }

    /// <summary>How many values became null.</summary>
    public long DiscardedCount { get; private set; }

    /// <summary>The first values that became null, at most <see cref="InMemory"/>.</summary>
    public IReadOnlyList<Reject> Discarded
    {
        get
        {
            lock (guard) return [.. discarded];
        }
    }

    /// <summary>All of them at once, in memory; <see cref="ReadAsync"/> doesn't need that.</summary>
    public IReadOnlyList<Reject> All => ReadAsync().ToBlockingEnumerable().ToList();

    /// <summary>All rejects that were there when the reading began, in the order of their coming. Where several threads refuse, that is not the order of the rows: what needs theirs sorts by source and line.</summary>
    public async IAsyncEnumerable<Reject> ReadAsync([EnumeratorCancellation] CancellationToken cancel = default)
    {
        Reject[] first;
        string? path = null;
        long written = 0;
        lock (guard)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            first = [.. rejects];
            if (file is not null)
            {
                file.Flush();
                (path, written) = (file.Name, Count - first.Length);
            }
        }
        foreach (var reject in first) yield return reject;
        if (path is null) yield break;
        using var lines = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        for (; written > 0; written--)
        {
            if (await lines.ReadLineAsync(cancel).ConfigureAwait(false) is not { } line) yield break;
            yield return JsonSerializer.Deserialize<Reject>(line)!;
        }
    }

    public void Dispose()
    {
        lock (guard)
        {
            disposed = true;
            file?.Dispose();
        }
    }

    void Append(Reject reject)
    {
        file ??= new FileStream(
            Path.Combine(Folder ?? Path.GetTempPath(), $"millrace-rejects-{Guid.NewGuid():n}.jsonl"),
            FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete, 65_536, FileOptions.DeleteOnClose);
        JsonSerializer.Serialize(file, reject);
        file.WriteByte((byte)'\n');
    }

    /// <summary>A line for each rule that rows broke, with the first row that did; each begins with the end of the line above.</summary>
    internal string ToLines()
    {
        lock (guard)
        {
            return string.Concat(Frequent().Select(k => string.Create(CultureInfo.InvariantCulture, $"\n  rejected {k.Value.Count:N0}: {k.Key.Rule} ({k.Key.Step}), e.g. {k.Value.First}")));
        }
    }

    /// <summary>How many rows were refused, by which rules, and the first of each.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Count:N0} rejected{ToLines()}");

    internal string Summary() => string.Join(", ", Frequent().Select(k => string.Create(CultureInfo.InvariantCulture, $"{k.Value.Count:N0} in {k.Key.Step} by '{k.Key.Rule}'")));

    IEnumerable<KeyValuePair<(string Step, string Rule), (long Count, Reject First)>> Frequent() =>
        kinds.OrderByDescending(k => k.Value.Count).ThenBy(k => k.Key.Rule, StringComparer.Ordinal);
}

/// <summary>More rows were refused than the run allows.</summary>
public sealed class RejectLimitException(long max, string counts)
    : Exception(string.Create(CultureInfo.InvariantCulture, $"More than the allowed {max:N0} rows were refused: {counts}. Correct the source, or allow more."))
{
    public long Max { get; } = max;
}
