namespace Millrace.Data;

/// <summary>A load that was refused or given up; the target is as it was before.</summary>
public sealed class LoadException(string message, Exception? inner = null) : Exception(message, inner);
