using Millrace.Broker;
using Millrace.Kafka;

namespace Millrace.Cli.Tests;

/// <summary>A broker, and the command line beside it.</summary>
sealed class ClusterBed : IAsyncDisposable
{
    readonly CommandLineDriver millrace = new();
    readonly EmbeddedBroker broker;

    ClusterBed(EmbeddedBroker broker)
    {
        this.broker = broker;
        Kafka = new(broker.BootstrapServers);
    }

    internal KafkaClient Kafka { get; }

    internal string BootstrapServers => broker.BootstrapServers;

    internal string File(string name, string text)
    {
        var path = Path.Combine(millrace.Home, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    internal static async Task<ClusterBed> StartAsync(BrokerOptions? options = null) => new(await EmbeddedBroker.StartAsync(options, cancellation: TestContext.Current.CancellationToken));

    string[] Whole(string line) => [.. line.Split(' '), "--bootstrap-server", BootstrapServers];

    /// <summary>What it prints where it succeeds.</summary>
    internal Task<string> OkAsync(string line) => millrace.OkAsync(Whole(line));

    internal Task<string> RefusedAsync(string line) => millrace.RefusedAsync(Whole(line));

    internal Task<CommandLineDriver.Answer> RunAsync(string line) => millrace.RunAsync(Whole(line));

    internal async Task<System.Text.Json.JsonElement> JsonAsync(string line) => System.Text.Json.JsonDocument.Parse(await OkAsync($"{line} --json")).RootElement;

    public async ValueTask DisposeAsync()
    {
        await Kafka.DisposeAsync();
        await broker.DisposeAsync();
        millrace.Dispose();
    }
}
