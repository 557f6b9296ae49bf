namespace Millrace.Kafka.Wire;

/// <summary>Bytes that aren't the message they should be, or a message that its version can't say.</summary>
sealed class WireException(string message) : Exception(message)
{
    /// <summary>Whether there was only no room for what the message says.</summary>
    internal bool IsTooLarge { get; private init; }

    internal static WireException NoRoom(long room) =>
        new($"What the message lists takes more than the {room:N0} bytes of memory that there are for it. Send several.") { IsTooLarge = true };

    internal static WireException NotIn(short version, string field) =>
        new($"'{field}' can't be said in version {version} of this message. Use a newer version, or leave it as it is by itself.");

    internal static WireException NullIn(short version, string field) => new($"'{field}' can't be null in version {version} of this message.");

    internal static WireException Ended(int wanted, int left) => new($"{wanted:N0} bytes are missing: the message ends after {left:N0}.");
}
