namespace Millrace.Data;

/// <summary>How much a source is going to give, as far as that can be said at once. Estimates are welcome: they only feed progress.</summary>
/// <param name="Bytes">As they are stored, and as <see cref="ReadRequest.BytesRead"/> counts them.</param>
public readonly record struct SourceSize(long? Bytes = null, long? Rows = null);
