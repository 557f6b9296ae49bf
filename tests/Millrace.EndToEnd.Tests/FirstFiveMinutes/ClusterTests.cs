using Millrace.Broker;
using Millrace.Kafka;

namespace Millrace.EndToEnd.Tests.FirstFiveMinutes;

/// <summary>A home whose cluster is elsewhere, and asks who comes.</summary>
public sealed class ClusterTests
{
    [Fact]
    public async Task A_file_of_properties_in_the_home_leads_triggers_tasks_and_commands_to_a_cluster_with_a_login()
    {
        await using var stranger = new Stranger();
        await using var broker = await EmbeddedBroker.StartAsync(new() { Users = new Dictionary<string, string> { ["ann"] = "secret" } }, cancellation: stranger.Cancellation);
        await File.WriteAllTextAsync(Path.Combine(stranger.Home, "kafka.properties"), $"""
            bootstrap.servers={broker.BootstrapServers}
            security.protocol=SASL_PLAINTEXT
            sasl.mechanism=SCRAM-SHA-256
            sasl.username=ann
            sasl.password=secret
            """, stranger.Cancellation);
        stranger.Write("greetings", """
            public static class Greetings
            {
                public static Dag Dag { get; } = Dag.Build("greetings", d =>
                {
                    d.Schedule = Schedule.OnRecords("greetings");
                    var read = d.TriggeringRecords<string>("read");
                    d.Produce("answer", d.Task("texts", read, records => records.Select(r => r.Value + " yourself").ToArray()), "answers");
                });
            }
            """);
        await stranger.ReadAsync("topics", "create", "greetings");
        var up = await stranger.StartAsync();
        await up.SaysAsync("\"event\":\"dag\"", stranger.Cancellation);

        await using var kafka = new KafkaClient(new KafkaOptions { BootstrapServers = broker.BootstrapServers, Sasl = SaslLogin.ScramSha512("ann", "secret") });
        await using var producer = kafka.CreateProducer<string?, string>();
        await producer.SendAsync("greetings", null, "hello", stranger.Cancellation);
        await up.SaysAsync("\"run\":\"record__greetings-0-0\"", stranger.Cancellation);
        await stranger.ReadAsync("runs", "wait", "greetings", "record__greetings-0-0");

        Assert.Contains("hello yourself", await stranger.ReadAsync("consume", "answers", "--count", "1"), StringComparison.Ordinal);
    }
}
