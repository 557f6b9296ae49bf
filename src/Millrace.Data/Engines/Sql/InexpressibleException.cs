namespace Millrace.Data;

/// <summary>A step that a dialect can't say with the meaning that the plan gives it; the message is the reason, for <c>Explain</c>.</summary>
sealed class InexpressibleException(string reason) : Exception(reason);
