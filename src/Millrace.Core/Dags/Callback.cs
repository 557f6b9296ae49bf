using Microsoft.Extensions.Logging;

namespace Millrace.Dags;

/// <summary>The author's code that is told how a task or a run went: <c>OnFailure = new(c => Alert(c.Error))</c>.</summary>
// A type and not a delegate: an async lambda given for an Action would be async void, whose failure kills the process.
public sealed class Callback
{
    internal Func<CallbackContext, Task> Body { get; }

    public Callback(Action<CallbackContext> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        Body = context =>
        {
            body(context);
            return Task.CompletedTask;
        };
    }

    public Callback(Func<CallbackContext, Task> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        Body = body;
    }
}

/// <summary>What happened, as a callback sees it.</summary>
public sealed class CallbackContext
{
    internal CallbackContext()
    {
    }

    public required CallbackKinds Kind { get; init; }
    public required string DagName { get; init; }
    /// <summary>The run's readable key, such as <c>scheduled__2026-11-21T00:00:00Z</c>.</summary>
    public required string RunId { get; init; }
    public required DateTimeOffset LogicalTime { get; init; }
    /// <summary>Null when the callback is about the run as a whole.</summary>
    public string? TaskId { get; init; }
    public int? MapIndex { get; init; }
    public int Attempt { get; init; }
    /// <summary>The failure's text; null where nothing failed.</summary>
    public string? Error { get; init; }
    /// <summary>One line: why the task or run ended as it did.</summary>
    public string? Reason { get; init; }
    public required ILogger Logger { get; init; }
    public CancellationToken Cancellation { get; init; }
}
