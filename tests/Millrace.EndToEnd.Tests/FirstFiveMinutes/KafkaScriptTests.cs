using System.Diagnostics;
using System.Text.Json;

namespace Millrace.EndToEnd.Tests.FirstFiveMinutes;

/// <summary>Lines that courses and manuals of Apache Kafka have, typed as they stand there.</summary>
public sealed class KafkaScriptTests
{
    [Fact]
    public async Task Topics_are_managed_with_the_lines_of_a_course()
    {
        await using var shell = await Shell.StartAsync();
        Assert.Contains("Created topic log_topic.", await shell.TypeAsync("kafka-topics --bootstrap-server localhost:9092 --topic log_topic --create --partitions 2 --replication-factor 2"), StringComparison.Ordinal);
        Assert.Contains("PartitionCount: 2", await shell.TypeAsync("kafka-topics --bootstrap-server localhost:9092 --describe log_topic"), StringComparison.Ordinal);
        Assert.Contains("Created topic user_topic.", await shell.TypeAsync("kafka-topics --create --topic user_topic --bootstrap-server localhost:9092 --partitions 2 --replication-factor 1"), StringComparison.Ordinal);
        Assert.Equal("log_topic\nuser_topic\n", await shell.TypeAsync("kafka-topics --list --bootstrap-server localhost:9092"));
        await shell.TypeAsync("kafka-topics --alter --topic user_topic --partitions 3 --bootstrap-server localhost:9092");
        await shell.TypeAsync("kafka-topics --bootstrap-server localhost:9092 --topic log_topic --delete");
        Assert.Equal("user_topic\n", await shell.TypeAsync("kafka-topics --list --bootstrap-server localhost:9092"));
    }

    [Fact]
    public async Task Records_are_typed_and_read_with_the_lines_of_a_course()
    {
        await using var shell = await Shell.StartAsync();
        await shell.TypeAsync("kafka-topics --bootstrap-server localhost:9092 --topic log_topic --create --partitions 2 --replication-factor 2");
        await shell.TypeAsync("kafka-topics --bootstrap-server localhost:9092 --topic user_topic --create --partitions 2");
        await shell.TypeAsync("printf 'log1\\nlog2\\nlog3\\n' | kafka-console-producer --broker-list localhost:9092 --topic log_topic");
        var logs = await shell.TypeAsync("kafka-console-consumer --bootstrap-server localhost:9092 --topic log_topic --from-beginning --timeout-ms 2000");
        Assert.Equal(["log1", "log2", "log3", "Processed a total of 3 messages"], logs.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
        await shell.TypeAsync("printf 'user1,login\\nuser2,login\\nuser1,logout\\n' | kafka-console-producer --broker-list localhost:9092 --topic user_topic --property parse.key=true --property key.separator=,");
        // Those of one key stay in order, whichever partition is read first.
        var users = (await shell.TypeAsync("kafka-console-consumer --bootstrap-server localhost:9092 --topic user_topic --from-beginning --max-messages 3 --property print.key=true --property key.separator=:")).Split('\n');
        Assert.Equal(["user1:login", "user1:logout"], users.Where(l => l.StartsWith("user1", StringComparison.Ordinal)));
        Assert.Contains("user2:login", users);
        // Without --from-beginning only what comes from now on.
        Assert.Equal("Processed a total of 0 messages\n", await shell.TypeAsync("kafka-console-consumer --bootstrap-server localhost:9092 --topic log_topic --timeout-ms 500"));
    }

    /// <summary>A shell beside 'millrace up' that finds the scripts by links on its path, as an installation makes them.</summary>
    sealed class Shell(Stranger stranger, string servers) : IAsyncDisposable
    {
        internal static async Task<Shell> StartAsync()
        {
            var stranger = new Stranger();
            var up = await stranger.StartAsync(brokerPort: "0");
            await up.SaysAsync("\"event\":\"broker\"", stranger.Cancellation);
            var broker = up.Output.Split('\n').Where(l => l.StartsWith('{')).Select(l => JsonDocument.Parse(l).RootElement).First(e => e.GetProperty("event").GetString() == "broker");
            var links = Directory.CreateDirectory(Path.Combine(stranger.Home, "links")).FullName;
            foreach (var script in Directory.GetFiles(AppContext.BaseDirectory, "kafka-*")) File.CreateSymbolicLink(Path.Combine(links, Path.GetFileName(script)), script);
            return new(stranger, broker.GetProperty("bootstrap").GetString()!);
        }

        /// <summary>What a line prints, which must succeed. Only the port is another one than the line says.</summary>
        internal async Task<string> TypeAsync(string line)
        {
            var start = new ProcessStartInfo("sh", ["-c", $"{line.Replace("localhost:9092", servers, StringComparison.Ordinal)} 2>&1"]) { RedirectStandardOutput = true };
            start.Environment["PATH"] = $"{Path.Combine(stranger.Home, "links")}:{Environment.GetEnvironmentVariable("PATH")}";
            start.Environment["MILLRACE_HOME"] = stranger.Home;
            using var shell = Process.Start(start)!;
            var printed = await shell.StandardOutput.ReadToEndAsync(stranger.Cancellation);
            await shell.WaitForExitAsync(stranger.Cancellation);
            Assert.True(shell.ExitCode == 0, $"{line} ended with {shell.ExitCode}: {printed}");
            return printed;
        }

        public ValueTask DisposeAsync() => stranger.DisposeAsync();
    }
}
