namespace Millrace.Plans;

/// <summary>What a run refused. Any thread may add.</summary>
public sealed class RejectLog
{
    readonly Lock guard = new();
    readonly List<Reject> rejects = [];
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

    public IReadOnlyList<Reject> All
    {
        get
        {
            lock (guard) return [.. rejects];
        }
    }
}
