namespace Millrace.Data;

/// <summary>A plan that can't be: a column that isn't there, types that don't meet, text that isn't a plan.</summary>
public sealed class PlanException(string message, Exception? inner = null) : Exception(message, inner);
