using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using System.Threading.Channels;

namespace Millrace.Broker.Tests.StockClients;

/// <summary>kcat as a member of a group, which leaves after so many records. It tells when partitions move.</summary>
sealed partial class KcatMember : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    readonly Process process;
    readonly Channel<string> told = Channel.CreateUnbounded<string>(), read = Channel.CreateUnbounded<string>();

    internal KcatMember(EmbeddedBroker broker, string group, string topic, int records)
    {
        process = new() { StartInfo = new("kcat", ["-b", broker.BootstrapServers, "-G", group, "-u", "-c", $"{records}", "-X", "auto.offset.reset=earliest", "-X", "heartbeat.interval.ms=100", topic]) { RedirectStandardOutput = true, RedirectStandardError = true } };
        process.OutputDataReceived += (_, line) => Pass(read, line.Data);
        process.ErrorDataReceived += (_, line) => Pass(told, line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    static void Pass(Channel<string> to, string? line)
    {
        if (line is null) to.Writer.TryComplete();
        else to.Writer.TryWrite(line);
    }

    /// <summary>The partitions it has once it has so many.</summary>
    internal async Task<int[]> AssignedAsync(int count)
    {
        while (true)
        {
            var line = await told.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
            var partitions = Partition.Matches(line);
            if (line.Contains("assigned:", StringComparison.Ordinal) && partitions.Count == count)
                return [.. partitions.Select(p => int.Parse(p.Groups[1].ValueSpan, CultureInfo.InvariantCulture))];
        }
    }

    /// <summary>What it reads next, in order.</summary>
    internal async Task<string[]> ReadAsync(int count)
    {
        var lines = new string[count];
        for (var i = 0; i < count; i++) lines[i] = await read.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
        return [.. lines.Order(StringComparer.Ordinal)];
    }

    internal Task LeftAsync() => process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }

    [GeneratedRegex(@"\[(\d+)\]")]
    static partial Regex Partition { get; }
}
