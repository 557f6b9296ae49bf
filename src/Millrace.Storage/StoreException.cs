namespace Millrace.Storage;

/// <summary>The store can't do what was asked; the message says what to do about it.</summary>
public sealed class StoreException(string message, Exception? inner = null) : Exception(message, inner);
