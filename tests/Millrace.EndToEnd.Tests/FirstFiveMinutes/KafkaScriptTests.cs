using System.Diagnostics;
using System.Text.Json;

namespace Millrace.EndToEnd.Tests.FirstFiveMinutes;

/// <summary>Lines that courses and manuals of Apache Kafka have, typed as they stand there.</summary>
public sealed class KafkaScriptTests
{
    [Fact]
    public async Task Topics_are_managed_with_the_lines_of_a_course()
    {
        await using var stranger = new Stranger();
        var up = await stranger.StartAsync(brokerPort: "0");
        await up.SaysAsync("\"event\":\"broker\"", stranger.Cancellation);
        var servers = up.Output.Split('\n').Where(l => l.StartsWith('{')).Select(l => JsonDocument.Parse(l).RootElement).First(e => e.GetProperty("event").GetString() == "broker").GetProperty("bootstrap").GetString()!;

        async Task<string> TypeAsync(string line)
        {
            var (code, printed) = await RunAsync(line.Replace("localhost:9092", servers, StringComparison.Ordinal), stranger);
            Assert.True(code == 0, $"{line} ended with {code}: {printed}");
            return printed;
        }

        Assert.Contains("Created topic log_topic.", await TypeAsync("kafka-topics --bootstrap-server localhost:9092 --topic log_topic --create --partitions 2 --replication-factor 2"), StringComparison.Ordinal);
        Assert.Contains("PartitionCount: 2", await TypeAsync("kafka-topics --bootstrap-server localhost:9092 --describe log_topic"), StringComparison.Ordinal);
        Assert.Contains("Created topic user_topic.", await TypeAsync("kafka-topics --create --topic user_topic --bootstrap-server localhost:9092 --partitions 2 --replication-factor 1"), StringComparison.Ordinal);
        Assert.Equal("log_topic\nuser_topic\n", await TypeAsync("kafka-topics --list --bootstrap-server localhost:9092"));
        await TypeAsync("kafka-topics --alter --topic user_topic --partitions 3 --bootstrap-server localhost:9092");
        await TypeAsync("kafka-topics --bootstrap-server localhost:9092 --topic log_topic --delete");
        Assert.Equal("user_topic\n", await TypeAsync("kafka-topics --list --bootstrap-server localhost:9092"));
    }

    [Fact]
    public async Task Records_are_typed_and_read_with_the_lines_of_a_course()
    {
        await using var stranger = new Stranger();
        var up = await stranger.StartAsync(brokerPort: "0");
        await up.SaysAsync("\"event\":\"broker\"", stranger.Cancellation);
        var servers = up.Output.Split('\n').Where(l => l.StartsWith('{')).Select(l => JsonDocument.Parse(l).RootElement).First(e => e.GetProperty("event").GetString() == "broker").GetProperty("bootstrap").GetString()!;

        async Task<string> TypeAsync(string line)
        {
            var (code, printed) = await RunAsync(line.Replace("localhost:9092", servers, StringComparison.Ordinal), stranger);
            Assert.True(code == 0, $"{line} ended with {code}: {printed}");
            return printed;
        }

        await TypeAsync("kafka-topics --bootstrap-server localhost:9092 --topic log_topic --create --partitions 2 --replication-factor 2");
        await TypeAsync("kafka-topics --bootstrap-server localhost:9092 --topic user_topic --create --partitions 2");
        await TypeAsync("printf 'log1\\nlog2\\nlog3\\n' | kafka-console-producer --broker-list localhost:9092 --topic log_topic");
        var logs = await TypeAsync("kafka-console-consumer --bootstrap-server localhost:9092 --topic log_topic --from-beginning --timeout-ms 2000");
        Assert.Equal(["log1", "log2", "log3", "Processed a total of 3 messages"], logs.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
        await TypeAsync("printf 'user1,login\\nuser2,login\\nuser1,logout\\n' | kafka-console-producer --broker-list localhost:9092 --topic user_topic --property parse.key=true --property key.separator=,");
        // Those of one key stay in order, whichever partition is read first.
        var users = (await TypeAsync("kafka-console-consumer --bootstrap-server localhost:9092 --topic user_topic --from-beginning --max-messages 3 --property print.key=true --property key.separator=:")).Split('\n');
        Assert.Equal(["user1:login", "user1:logout"], users.Where(l => l.StartsWith("user1", StringComparison.Ordinal)));
        Assert.Contains("user2:login", users);
        // Without --from-beginning only what comes from now on.
        Assert.Equal("Processed a total of 0 messages\n", await TypeAsync("kafka-console-consumer --bootstrap-server localhost:9092 --topic log_topic --timeout-ms 500"));
    }

    /// <summary>In a shell that finds the scripts by a link on its path, as an installation makes one.</summary>
    static async Task<(int Code, string Printed)> RunAsync(string line, Stranger stranger)
    {
        var links = Directory.CreateDirectory(Path.Combine(stranger.Home, "links")).FullName;
        foreach (var script in Directory.GetFiles(AppContext.BaseDirectory, "kafka-*").Where(f => !File.Exists(Path.Combine(links, Path.GetFileName(f)))))
            File.CreateSymbolicLink(Path.Combine(links, Path.GetFileName(script)), script);
        var start = new ProcessStartInfo("sh", ["-c", line + " 2>&1"]) { RedirectStandardOutput = true };
        start.Environment["PATH"] = $"{links}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["MILLRACE_HOME"] = stranger.Home;
        using var shell = Process.Start(start)!;
        var printed = await shell.StandardOutput.ReadToEndAsync(stranger.Cancellation);
        await shell.WaitForExitAsync(stranger.Cancellation);
        return (shell.ExitCode, printed);
    }
}
