namespace Millrace.Kafka;

/// <summary>How the records of a batch are packed, as the wire numbers it.</summary>
public enum CompressionKind
{
    None,
    Gzip,
    Snappy,
    Lz4,
    Zstd,
}
