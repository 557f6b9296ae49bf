using Millrace.Execution;
using Millrace.Runs;

namespace Millrace.Testing;

/// <summary>Results in memory, for bodies on any thread.</summary>
sealed class LocalServices(Func<string, string?> variable) : ITaskServices
{
    readonly Lock gate = new();
    readonly Dictionary<(RunId Run, string Task), SortedDictionary<int, ResultRow>> results = [];

    internal void Keep(IReadOnlyList<ResultRow> rows)
    {
        lock (gate)
            foreach (var row in rows)
            {
                if (!results.TryGetValue((row.Id.Run, row.Id.Task), out var ofTask)) results.Add((row.Id.Run, row.Id.Task), ofTask = []);
                ofTask[row.Id.MapIndex] = row;
            }
    }

    internal ResultValue? Find(InstanceId id)
    {
        lock (gate) return results.GetValueOrDefault((id.Run, id.Task))?.GetValueOrDefault(id.MapIndex)?.Value;
    }

    internal IReadOnlyList<ResultRow> FindAll(RunId run, string task)
    {
        lock (gate) return results.TryGetValue((run, task), out var ofTask) ? [.. ofTask.Values] : [];
    }

    public ValueTask<ResultValue?> ReadResultAsync(InstanceId id, CancellationToken cancellation) => new(Find(id));

    public ValueTask<IReadOnlyList<ResultRow>> ReadResultsAsync(RunId run, string task, CancellationToken cancellation) => new(FindAll(run, task));

    public ValueTask<string?> ReadVariableAsync(string key, CancellationToken cancellation) => new(variable(key));
}
