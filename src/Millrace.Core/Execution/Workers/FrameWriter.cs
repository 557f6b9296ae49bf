using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Millrace.Execution;

/// <summary>Frames on their way out, back to back in one buffer that is used again.</summary>
#pragma warning disable CA1001 // Over a buffer, the JSON writer holds nothing to release.
sealed class FrameWriter : IBufferWriter<byte>
#pragma warning restore CA1001
{
    internal const int HeaderSize = 5, Kind = 4;
    // A buffer that once held something large is not kept for ever.
    const int Kept = 256 * 1024;

    byte[] buffer = new byte[4 * 1024];
    Utf8JsonWriter? json;

    public int Length { get; private set; }
    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, Length);

    public void Add<T>(FrameKind kind, T body, JsonTypeInfo<T> type)
    {
        var start = Length;
        GetSpan(HeaderSize);
        Length += HeaderSize;
        if (json is null) json = new Utf8JsonWriter(this, new JsonWriterOptions { SkipValidation = true });
        else json.Reset(this);
        JsonSerializer.Serialize(json, body, type);
        json.Flush();
        BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(start), Length - start - sizeof(int));
        buffer[start + Kind] = (byte)kind;
    }

    public void Clear()
    {
        Length = 0;
        if (buffer.Length > Kept) buffer = new byte[4 * 1024];
    }

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return buffer.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return buffer.AsSpan(Length);
    }

    void Reserve(int size)
    {
        size = Math.Max(size, 256);
        if (buffer.Length - Length < size) Array.Resize(ref buffer, Math.Max(buffer.Length * 2, Length + size));
    }
}
