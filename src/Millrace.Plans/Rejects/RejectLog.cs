namespace Millrace.Plans;

/// <summary>What a run refused. Any thread may add.</summary>
public sealed class RejectLog
{
    readonly Lock guard = new();
    readonly List<Reject> rejects = [];
    readonly List<Reject> discarded = [];
    readonly Dictionary<(string Step, string Rule), long> counts = [];

    public long Count
    {
        get
        {
            lock (guard) return counts.Values.Sum();
        }
    }

    public void Add(Reject reject)
    {
        lock (guard)
        {
            rejects.Add(reject);
            counts[(reject.Step, reject.Rule)] = counts.GetValueOrDefault((reject.Step, reject.Rule)) + 1;
        }
    }

    /// <summary>How many rows each step refused by each rule.</summary>
    public IReadOnlyDictionary<(string Step, string Rule), long> Counts
    {
        get
        {
            lock (guard) return new Dictionary<(string, string), long>(counts);
        }
    }

    /// <summary>Notes a value that became null because its step was told to let it: the row stays, so it isn't counted among those refused.</summary>
    public void AddDiscarded(Reject value)
    {
        lock (guard) discarded.Add(value);
    }

    /// <summary>Values that became null.</summary>
    public IReadOnlyList<Reject> Discarded
    {
        get
        {
            lock (guard) return [.. discarded];
        }
    }

    public IReadOnlyList<Reject> All
    {
        get
        {
            lock (guard) return [.. rejects];
        }
    }
}
