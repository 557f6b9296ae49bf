namespace Millrace.Dags;

/// <summary>A Dag that can't be built; the message names the Dag, the fault and the remedy.</summary>
public sealed class DagException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The file that calls <see cref="Dag.Build"/>; null when it isn't known.</summary>
    public string? SourceFile { get; internal set; }

    /// <summary>The line of <see cref="SourceFile"/>; 0 when it isn't known.</summary>
    public int SourceLine { get; internal set; }

    internal bool IsCycle { get; init; }
    internal bool IsDuplicate { get; init; }
}
