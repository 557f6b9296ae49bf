using System.CommandLine;
using System.Globalization;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

/// <summary>Where a group shall read next: one of several ways to say it.</summary>
sealed class OffsetTarget
{
    readonly Option<bool> earliest = new("--to-earliest") { Description = "To the first record that is there." };
    readonly Option<bool> latest = new("--to-latest") { Description = "Behind the last record." };
    readonly Option<bool> current = new("--to-current") { Description = "To what is committed, or to the end where nothing is." };
    readonly Option<long?> offset = new("--to-offset") { Description = "To an offset.", HelpName = "number" };
    readonly Option<string?> datetime = new("--to-datetime") { Description = "To the first record of that time or later.", HelpName = "time" };
    readonly Option<long?> shift = new("--shift-by") { Description = "So many records on, or with a minus back.", HelpName = "number" };
    readonly Option<string?> file = new("--from-file") { Description = "To the offsets of a file with a line 'topic,partition,offset' each.", HelpName = "file" };

    internal void AddTo(Command command)
    {
        foreach (var option in All) command.Add(option);
    }

    Option[] All => [earliest, latest, current, offset, datetime, shift, file];

    internal void Check(ParseResult parsed)
    {
        if (All.Count(o => parsed.GetResult(o) is { Implicit: false }) != 1) throw new UserErrorException($"Say where to, once: {string.Join(", ", All.Select(o => o.Name))}.");
    }

    /// <summary>The partitions that the file names, or null where there is none.</summary>
    internal IReadOnlyDictionary<TopicPartition, long>? ReadFile(ParseResult parsed)
    {
        if (parsed.GetValue(file) is not { } path) return null;
        var wanted = new Dictionary<TopicPartition, long>();
        foreach (var (line, number) in File.ReadLines(path).Select((l, i) => (l.Trim(), i + 1)).Where(l => l.Item1.Length > 0))
        {
            if (line.Split(',') is not [var topic, var index, var to]
                || !int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out var partition) || !long.TryParse(to, NumberStyles.None, CultureInfo.InvariantCulture, out var at))
                throw new UserErrorException($"{path}, line {number}: '{line}' is not topic,partition,offset.");
            wanted[new(topic.Trim('"'), partition)] = at;
        }
        return wanted;
    }

    /// <summary>The offsets, none of which is before the first record or behind the end.</summary>
    internal async Task<Dictionary<TopicPartition, long>> FindAsync(KafkaAdmin admin, Session session, ParseResult parsed, IReadOnlyCollection<TopicPartition> partitions, IReadOnlyDictionary<TopicPartition, long> committed)
    {
        var first = await admin.ListOffsetsAsync(partitions, OffsetSpec.Earliest, session.Cancellation);
        var end = await admin.ListOffsetsAsync(partitions, OffsetSpec.Latest, session.Cancellation);
        var at = Times.ParseOptional("--to-datetime", parsed.GetValue(datetime), session.Time.GetUtcNow()) is { } time
            // No record is older.
            ? await admin.ListOffsetsAsync(partitions, OffsetSpec.At(time > DateTimeOffset.UnixEpoch ? time : DateTimeOffset.UnixEpoch), session.Cancellation)
            : null;
        var given = ReadFile(parsed);
        return partitions.ToDictionary(p => p, p =>
        {
            var last = end[p].Offset ?? 0;
            var wanted = given?[p] ?? parsed.GetValue(offset)
                ?? (at is not null ? at[p].Offset ?? last
                : parsed.GetValue(earliest) ? first[p].Offset ?? 0
                : parsed.GetValue(latest) ? last
                : committed.GetValueOrDefault(p, last) + (parsed.GetValue(shift) ?? 0));
            return Math.Clamp(wanted, first[p].Offset ?? 0, last);
        });
    }
}
