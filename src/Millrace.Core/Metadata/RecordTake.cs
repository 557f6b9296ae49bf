using Millrace.Runs;

namespace Millrace.Metadata;

/// <summary>What a watch makes of records: the run that they start or the asset that they update, and how far the watch has come by it.</summary>
/// <param name="Watch">What the places are kept under.</param>
/// <param name="TopicId">Which topic of that name: one that is made anew has another.</param>
/// <param name="Steps">Applied all or not at all: only from where the watch was seen.</param>
sealed record RecordTake(string Watch, string Topic, Guid TopicId, IReadOnlyList<RecordStep> Steps, DateTimeOffset At)
{
    public RunRow? Run { get; init; }
    public string? Asset { get; init; }
}

/// <summary>Which offset a watch looks at next.</summary>
/// <param name="TopicId">Empty where brokers have no ids.</param>
sealed record RecordPlace(Guid TopicId, int Partition, long Next);

/// <param name="From">Null where the watch hasn't been in the partition.</param>
/// <param name="To">The next offset to look at.</param>
readonly record struct RecordStep(int Partition, long? From, long To);
