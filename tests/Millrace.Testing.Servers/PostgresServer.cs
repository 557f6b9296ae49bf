using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

using Npgsql;

namespace Millrace.Testing.Servers;

/// <summary>
/// A PostgreSQL server of one's own, in a temp folder, which a test may crash and restart. It stops when it is
/// disposed, and also when the test process dies without disposing it.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    // Holds the read end of a pipe from this process. When the pipe closes, by dispose or by death, it cleans up.
    const string GuardScript = """
        trap '' INT TERM HUP
        read -r ignored
        "$@" stop -D "$DATA" -m immediate -s
        rm -rf "$FOLDER"
        """;

    readonly PostgresBinaries binaries;
    readonly bool durable;
    readonly TempFolder folder;
    Process? guard;

    PostgresServer(PostgresBinaries binaries, bool durable)
    {
        this.binaries = binaries;
        this.durable = durable;
        folder = new TempFolder("millrace-pg-");
    }

    public int Port { get; private set; }

    /// <summary>A superuser's connection to the database <c>postgres</c>.</summary>
    public string ConnectionString => $"Host=127.0.0.1;Port={Port};Username=millrace;Database=postgres";

    string Data => folder["data"];

    /// <summary>What the server has to say; with <c>Options=-c log_statement=all</c> in a connection string, its statements too.</summary>
    public string LogFile => folder["server.log"];

    /// <summary>
    /// Skips the calling test where PostgreSQL is not installed, or fails it when <c>CI=true</c>. Call it from a test or
    /// from its class, not from a fixture: xunit reports a skip in a fixture as a failure.
    /// </summary>
    public static Task<PostgresServer> StartAsync(CancellationToken cancellation = default) => StartAsync(durable: true, cancellation);

    /// <param name="durable">False for a server that nobody crashes: it is several times faster on a slow disk.</param>
    internal static async Task<PostgresServer> StartAsync(bool durable, CancellationToken cancellation = default)
    {
        var server = new PostgresServer(PostgresBinaries.Require(), durable);
        try
        {
            await server.CreateClusterAsync(cancellation);
            server.StartGuard();
            await server.StartOnFreePortAsync(cancellation);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills the server as a crash would: nothing is flushed and the next start recovers from its log.</summary>
    public async Task KillAsync(CancellationToken cancellation = default)
    {
        var pid = int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);
        using var postmaster = Process.GetProcessById(pid);
        postmaster.Kill();
        await postmaster.WaitForExitAsync(cancellation);
    }

    /// <summary>Stops the server in good order; open connections are closed.</summary>
    public Task StopAsync(CancellationToken cancellation = default) =>
        Command.RunAsync(binaries.Command("pg_ctl", "stop", "-D", Data, "-m", "fast", "-w", "-s"), cancellation);

    /// <summary>Starts the server again on its old port, after <see cref="KillAsync"/> or <see cref="StopAsync"/>.</summary>
    public async Task StartAgainAsync(CancellationToken cancellation = default)
    {
        // Backends of a killed server leave one by one, and until the last has left a new server refuses to start.
        var patience = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await LaunchAsync(cancellation);
                return;
            }
            catch (InvalidOperationException) when (patience.Elapsed < TimeSpan.FromSeconds(20))
            {
                await Task.Delay(50, cancellation);
            }
        }
    }

    /// <summary>Crashes the server and starts it again.</summary>
    public async Task CrashAndRestartAsync(CancellationToken cancellation = default)
    {
        await KillAsync(cancellation);
        await StartAgainAsync(cancellation);
    }

    /// <summary>Stops the server in good order and starts it again.</summary>
    public async Task RestartAsync(CancellationToken cancellation = default)
    {
        await StopAsync(cancellation);
        await StartAgainAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (guard is not null)
        {
            guard.StandardInput.Close();
            await guard.WaitForExitAsync();
            guard.Dispose();
            guard = null;
        }
        folder.Dispose();
        NpgsqlConnection.ClearPool(new NpgsqlConnection(ConnectionString));
    }

    async Task CreateClusterAsync(CancellationToken cancellation)
    {
        if (binaries.User is { } user)
            await Command.RunAsync(["chown", user, folder.FullPath], cancellation);
        await Command.RunAsync(
            binaries.Command("initdb", "-D", Data, "-U", "millrace", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"), cancellation);
    }

    void StartGuard()
    {
        string[] command = ["/bin/sh", "-c", GuardScript, "guard", .. binaries.Command("pg_ctl")];
        guard = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
            Environment = { ["DATA"] = Data, ["FOLDER"] = folder.FullPath },
        });
    }

    async Task StartOnFreePortAsync(CancellationToken cancellation)
    {
        // Between finding a port and using it somebody else may take it.
        for (var attempt = 1; ; attempt++)
        {
            Port = FreePort();
            try
            {
                await LaunchAsync(cancellation);
                return;
            }
            catch (InvalidOperationException) when (attempt < 5)
            {
            }
        }
    }

    async Task LaunchAsync(CancellationToken cancellation)
    {
        // Crash tests count on what was committed.
        var care = durable ? "" : " -c fsync=off -c synchronous_commit=off -c full_page_writes=off";
        var options = $"-c listen_addresses=127.0.0.1 -c port={Port} -c unix_socket_directories={folder} -c max_connections=200 -c timezone=UTC{care}";
        try
        {
            await Command.RunAsync(
                binaries.Command("pg_ctl", "start", "-D", Data, "-w", "-t", "60", "-s", "-l", LogFile, "-o", options), cancellation);
        }
        catch (InvalidOperationException e) when (File.Exists(LogFile))
        {
            throw new InvalidOperationException(
                $"{e.Message}\n{string.Join('\n', (await File.ReadAllLinesAsync(LogFile, cancellation)).TakeLast(15))}", e);
        }
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
