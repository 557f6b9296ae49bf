using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Execution;

/// <summary>Tasks' questions, answered from the store.</summary>
sealed class StoreServices(IMetadataStore store) : ITaskServices
{
    public ValueTask<ResultValue?> ReadResultAsync(InstanceId id, CancellationToken cancellation) => new(store.ReadResultAsync(id, cancellation));

    public ValueTask<IReadOnlyList<ResultRow>> ReadResultsAsync(RunId run, string task, CancellationToken cancellation) =>
        new(store.ReadResultsAsync(run, task, cancellation));

    public ValueTask<string?> ReadVariableAsync(string key, CancellationToken cancellation) => new(store.ReadVariableAsync(key, cancellation));
}
