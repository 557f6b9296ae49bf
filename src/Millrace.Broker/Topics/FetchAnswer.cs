using Millrace.Broker.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Topics;

/// <summary>Writes a FetchResponse around records that aren't copied. The generated message says the same of records that are.</summary>
static class FetchAnswer
{
    internal static void Write(Reply reply, short version, int restMs, int session, List<PartitionFound> found)
    {
        var writer = reply.Writer;
        writer.Flexible = version >= FetchResponse.FlexibleFrom;
        writer.Int32(restMs);
        if (version >= 7)
        {
            writer.Int16(0);
            writer.Int32(session);
        }
        var topics = found.GroupBy(f => (f.Wish.Topic, f.Wish.TopicId)).ToList();
        writer.RecordsLength(topics.Count);
        foreach (var topic in topics)
        {
            if (version >= 13) writer.Uuid(topic.Key.TopicId);
            else writer.String(topic.Key.Topic);
            var partitions = topic.ToList();
            writer.RecordsLength(partitions.Count);
            foreach (var partition in partitions) Write(reply, version, partition);
            writer.NoTags();
        }
        writer.NoTags();
    }

    static void Write(Reply reply, short version, PartitionFound found)
    {
        var writer = reply.Writer;
        writer.Int32(found.Wish.Index);
        writer.Int16((short)found.Error);
        writer.Int64(found.HighWatermark);
        writer.Int64(found.Stable);
        if (version >= 5) writer.Int64(found.Start);
        writer.RecordsLength(found.Aborted.Count);
        foreach (var aborted in found.Aborted)
        {
            writer.Int64(aborted.ProducerId);
            writer.Int64(aborted.FirstOffset);
            writer.NoTags();
        }
        if (version >= 11) writer.Int32(-1);
        writer.RecordsLength(found.Length);
        if (found.Buffer is { } buffer) reply.Insert(buffer, found.Length, found.Place);
        if (!writer.Flexible) return;
        writer.TagCount(found.Diverging is null ? 0 : 1);
        if (found.Diverging is not { } diverging) return;
        var start = writer.BeginTag(0);
        writer.Int32(diverging.Epoch);
        writer.Int64(diverging.EndOffset);
        writer.NoTags();
        writer.EndTag(start);
    }
}
