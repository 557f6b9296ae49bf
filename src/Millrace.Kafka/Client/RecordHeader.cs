using System.Text;

namespace Millrace.Kafka;

/// <summary>A name and a value that travel beside a record. Names may come more than once.</summary>
public readonly record struct RecordHeader(string Name, ReadOnlyMemory<byte>? Value)
{
    public RecordHeader(string name, string value) : this(name, Encoding.UTF8.GetBytes(value))
    {
    }

    /// <summary>The value as UTF-8 text.</summary>
    public string? Text => Value is { } value ? Encoding.UTF8.GetString(value.Span) : null;
}
