namespace Millrace.Data;

/// <summary>A database that can't be reached, or rows that it and a column here can't both hold.</summary>
public sealed class DatabaseException(string message, Exception? inner = null) : Exception(message, inner);
