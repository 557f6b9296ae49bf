using Millrace.Kafka;

namespace Millrace.Cli.Commands;

/// <summary>Sends lines as records until they end, and says how many. At a terminal each is sent as it is typed.</summary>
static class Sending
{
    internal static async Task<long> LinesAsync(Producer<byte[]?, byte[]?> producer, RecordLines lines, TextReader input, double? perSecond, Action? prompt, Session session)
    {
        var (sent, number) = (0L, 0);
        var start = session.Time.GetTimestamp();
        while (true)
        {
            prompt?.Invoke();
            if (await input.ReadLineAsync(session.Cancellation) is not { } line) break;
            number++;
            if (perSecond is { } rate && TimeSpan.FromSeconds(sent / rate) - session.Time.GetElapsedTime(start) is { Ticks: > 0 } early) await Task.Delay(early, session.Time, session.Cancellation);
            await producer.EnqueueAsync(lines.Read(line, number), cancellation: session.Cancellation);
            sent++;
        }
        await producer.FlushAsync(session.Cancellation);
        return sent;
    }

    /// <summary>The formats of records by the names that Kafka has for them.</summary>
    internal static CompressionKind Compression(string name) => Enum.TryParse<CompressionKind>(name, ignoreCase: true, out var kind) && Enum.IsDefined(kind) ? kind
        : throw new UserErrorException($"There is no compression '{name}'. There are {string.Join(", ", Enum.GetNames<CompressionKind>()).ToLowerInvariant()}.");

    internal static Acks Acks(string text) => text switch
    {
        "all" or "-1" => Kafka.Acks.All,
        "0" => Kafka.Acks.None,
        "1" => Kafka.Acks.Leader,
        _ => throw new UserErrorException($"Acknowledgements '{text}' are none of all, 1 and 0."),
    };
}
