namespace Millrace.Kafka;

/// <summary>What a broker refused or what kept us from asking it, with what to do about it.</summary>
public sealed class KafkaException : Exception
{
    public KafkaException(ErrorCode code, string message, Exception? cause = null) : base(message, cause) => Code = code;

    public ErrorCode Code { get; }

    /// <summary>Whether the same may succeed later without anybody changing anything. The client has tried again by itself before it says so.</summary>
    public bool IsRetriable => Errors.IsRetriable(Code);

    internal static KafkaException Of(ErrorCode code, string what, string? said = null) =>
        new(code, $"{what}: {(string.IsNullOrEmpty(said) ? Errors.Meaning(code) : said.TrimEnd('.'))} ({code}).{Errors.Remedy(code)}");
}
