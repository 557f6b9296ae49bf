using System.Diagnostics;

namespace Millrace.Broker.Tests.StockClients;

/// <summary>Several brokers that aren't ours: librdkafka's mock cluster, with ten records in each of the four partitions of a topic.</summary>
sealed class MockCluster : IAsyncDisposable
{
    readonly Process process;

    MockCluster(Process process, string servers) => (this.process, BootstrapServers) = (process, servers);

    internal string BootstrapServers { get; }

    internal static async Task<MockCluster> StartAsync(int brokers, string topic)
    {
        StockClient.Need(StockClient.Python, "-c", "import confluent_kafka");
        var process = Process.Start(new ProcessStartInfo(StockClient.Python, [Path.Combine(AppContext.BaseDirectory, "StockClients", "mock-cluster.py"), $"{brokers}", topic])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var servers = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(120), TestContext.Current.CancellationToken);
        return new(process, servers ?? throw new InvalidOperationException("The mock cluster ended before it said where it is."));
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }
}
