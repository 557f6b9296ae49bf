namespace Millrace.Kafka.Compression;

/// <summary>Packed bytes that can't be unpacked.</summary>
sealed class CompressionException(string message, Exception? inner = null) : Exception(message, inner);
