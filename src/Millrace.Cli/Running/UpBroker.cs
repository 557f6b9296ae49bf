using System.Globalization;
using System.Net.Sockets;
using Millrace.Broker;
using Millrace.Cli.Output;
using Millrace.Execution;
using Millrace.Hosting.Settings;
using Microsoft.Extensions.Logging;

namespace Millrace.Cli.Running;

/// <summary>The event broker that <c>up</c> starts beside everything else. That it can't start is told, and stops nothing.</summary>
sealed class UpBroker : IAsyncDisposable
{
    readonly HomeFolder home;
    readonly int? port;
    readonly Task<EmbeddedBroker>? starting;

    UpBroker(HomeFolder home, int? port, Task<EmbeddedBroker>? starting) => (this.home, this.port, this.starting) = (home, port, starting);

    internal static UpBroker Begin(MillraceSettings settings, ILoggerFactory loggers)
    {
        var home = new HomeFolder(settings.Home);
        if (settings.Broker.PortNumber is not { } port) return new(home, null, null);
        return new(home, port, EmbeddedBroker.StartAsync(new() { Folder = settings.BrokerFolder, Port = port }, loggers.CreateLogger("broker"), CancellationToken.None));
    }

    /// <summary>Says to tasks where the broker will be, before they run: of a port left to chance that is known once it listens.</summary>
    internal void Announce() =>
        // Where there is none, an earlier 'up' that was killed may have left where its own was.
        home.WriteBrokerServers(starting is not null && port is > 0 ? string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}") : null);

    /// <summary>Says where the broker is, or why it isn't.</summary>
    internal async Task TellAsync(RunJournal journal, Terminal terminal, TimeProvider time)
    {
        if (starting is null) return;
        try
        {
            var broker = await starting;
            home.WriteBrokerServers(broker.BootstrapServers);
            journal.Say($"the event broker listens on {broker.BootstrapServers}, for any Kafka client");
            journal.Event(new("broker", time.GetUtcNow()) { Bootstrap = broker.BootstrapServers });
        }
        catch (Exception failed) when (IsToldOnly(failed))
        {
            var why = failed.InnerException is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse }
                ? $"port {port} is taken by another program. Choose another with --broker-port, or --broker-port none."
                : failed.Message;
            var message = $"The broker didn't start: {why} All else runs.";
            home.WriteBrokerServers(null);
            terminal.Complain(message);
            journal.Event(new("broker_error", time.GetUtcNow()) { Message = message });
        }
    }

    static bool IsToldOnly(Exception failed) => failed is BrokerException or IOException or SocketException or UnauthorizedAccessException;

    public async ValueTask DisposeAsync()
    {
        if (starting is null) return;
        home.WriteBrokerServers(null);
        await ((Task)starting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (starting.IsCompletedSuccessfully) await (await starting).DisposeAsync();
    }
}
