namespace Millrace.Kafka.Compression;

/// <summary>Packed bytes that can't be unpacked.</summary>
sealed class CompressionException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether there was only no room for it at the moment.</summary>
    internal bool IsForNow { get; private init; }

    internal static CompressionException Crowded(long wanted, long limit) =>
        new($"{wanted:N0} bytes are needed to unpack the records, and others unpack so much that of {limit:N0} so many aren't left. Send them again.") { IsForNow = true };
}
