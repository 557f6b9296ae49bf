using Millrace.Kafka.Cluster;

namespace Millrace.Kafka.Producing;

/// <summary>A topic that is produced to.</summary>
sealed class TopicQueue
{
    internal TopicQueue(TopicView view)
    {
        Name = view.Name;
        Apply(view);
        sticky = Random.Shared.Next(Partitions.Length);
    }

    internal string Name { get; }

    internal PartitionQueue[] Partitions { get; private set; } = [];

    int sticky;

    /// <summary>Takes what was learned: new partitions, other leaders.</summary>
    internal void Apply(TopicView? view)
    {
        if (view is null)
        {
            foreach (var queue in Partitions) Orphan(queue, ErrorCode.UnknownTopicOrPartition);
            return;
        }
        if (view.Partitions.Length > Partitions.Length)
            Partitions = [.. Partitions, .. Enumerable.Range(Partitions.Length, view.Partitions.Length - Partitions.Length).Select(i => new PartitionQueue(new(Name, i)))];
        for (var i = 0; i < Partitions.Length; i++)
        {
            var queue = Partitions[i];
            queue.TopicId = view.Id;
            queue.Leader = i < view.Partitions.Length ? view.Partitions[i].Leader : -1;
            if (queue.Leader < 0) Orphan(queue, i < view.Partitions.Length ? ErrorCode.LeaderNotAvailable : ErrorCode.UnknownTopicOrPartition);
        }
    }

    static void Orphan(PartitionQueue queue, ErrorCode why)
    {
        queue.Leader = -1;
        queue.LastError = KafkaException.Of(why, $"Nobody was there to take records for {queue.Partition}");
    }

    /// <summary>The partition that records without a key go to. A full batch moves them on.</summary>
    internal PartitionQueue Sticky => Partitions[sticky];

    /// <summary>Moves on, by preference to a partition that somebody leads.</summary>
    internal void MoveOn()
    {
        var start = Random.Shared.Next(Partitions.Length);
        for (var i = 0; i < Partitions.Length; i++)
        {
            sticky = (start + i) % Partitions.Length;
            if (Partitions[sticky].Leader >= 0) return;
        }
    }
}
