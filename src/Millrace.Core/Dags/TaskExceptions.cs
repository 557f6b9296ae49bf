namespace Millrace.Dags;

/// <summary>Thrown by a task: it ends as skipped, not as failed.</summary>
public sealed class SkipTaskException(string reason) : Exception(reason);

/// <summary>Thrown by a task: it fails at once, whatever retries it has left.</summary>
public sealed class FailTaskException(string message, Exception? inner = null) : Exception(message, inner);
