namespace Millrace.Kafka.Wire;

/// <summary>Bytes that aren't the message they should be, or a message that its version can't say.</summary>
sealed class WireException(string message) : Exception(message)
{
    internal static WireException NotIn(short version, string field) =>
        new($"'{field}' can't be said in version {version} of this message. Use a newer version, or leave it as it is by itself.");

    internal static WireException NullIn(short version, string field) => new($"'{field}' can't be null in version {version} of this message.");

    internal static WireException Ended(int wanted, int left) => new($"{wanted:N0} bytes are missing: the message ends after {left:N0}.");
}
