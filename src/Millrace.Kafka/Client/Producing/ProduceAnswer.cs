using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Producing;

/// <summary>What the broker says of one partition.</summary>
readonly record struct ProduceResult(int Partition, ErrorCode Error, long BaseOffset, long AppendTime, string? Message);

/// <summary>Reads the answer to a Produce request in place: nothing is made where all went well.</summary>
ref struct ProduceAnswer
{
    readonly short version;
    WireReader reader;
    int topicsLeft, partitionsLeft;

    internal ProduceAnswer(WireReader reader, short version)
    {
        this.reader = reader;
        this.version = version;
        this.reader.Flexible = version >= ProduceResponse.FlexibleFrom;
        topicsLeft = this.reader.ArrayLength();
    }

    /// <summary>The topic of the last result, where the version names it.</summary>
    internal string? Topic { get; private set; }

    internal Guid TopicId { get; private set; }

    /// <summary>False when all were read.</summary>
    internal bool Read(out ProduceResult result)
    {
        result = default;
        while (partitionsLeft == 0)
        {
            if (topicsLeft-- == 0) return false;
            if (version >= 13) TopicId = reader.Uuid();
            else Topic = reader.String();
            partitionsLeft = reader.ArrayLength();
            if (partitionsLeft == 0) reader.SkipTags();
        }
        var partition = reader.Int32();
        var error = (ErrorCode)reader.Int16();
        var offset = reader.Int64();
        var time = version >= 2 ? reader.Int64() : -1;
        if (version >= 5) reader.Int64();
        string? message = null;
        if (version >= 8)
        {
            for (var errors = reader.ArrayLength(); errors > 0; errors--)
            {
                reader.Int32();
                message ??= reader.StringOrNull();
                reader.SkipTags();
            }
            message = reader.StringOrNull() ?? message;
        }
        reader.SkipTags();
        if (--partitionsLeft == 0) reader.SkipTags();
        result = new(partition, error, offset, time, message);
        return true;
    }
}
