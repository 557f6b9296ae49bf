using Millrace.Runs;

namespace Millrace.Execution;

/// <summary>What a task may ask of the outside while it runs. Served by the store, in a worker over its socket, in the test kit from memory.</summary>
interface ITaskServices
{
    /// <returns>Null when the instance has no result.</returns>
    ValueTask<ResultValue?> ReadResultAsync(InstanceId id, CancellationToken cancellation);
    /// <summary>Of all instances of a mapped task, by map index; instances without a result are absent.</summary>
    ValueTask<IReadOnlyList<ResultRow>> ReadResultsAsync(RunId run, string task, CancellationToken cancellation);
    ValueTask<string?> ReadVariableAsync(string key, CancellationToken cancellation);
}
