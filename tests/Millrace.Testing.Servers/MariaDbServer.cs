using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Millrace.Testing.Servers;

/// <summary>
/// A MariaDB server in a temp folder, without users and passwords, for the tests of this process. It ends with the process,
/// however that ends.
/// </summary>
public sealed class MariaDbServer : IDisposable
{
    const string Program = "/usr/sbin/mariadbd";

    // Holds the read end of a pipe from this process. When the pipe closes, it cleans up.
    const string GuardScript = """
        trap '' INT TERM HUP
        "$@" >"$FOLDER/server.log" 2>&1 &
        read -r ignored
        kill -9 $!
        wait
        rm -rf "$FOLDER"
        """;

    static readonly Lazy<Task<MariaDbServer>> Shared = new(StartAsync);

    readonly TempFolder folder = new("millrace-maria-");
    readonly int port = FreePort();
    readonly Process guard;

    MariaDbServer()
    {
        Directory.CreateDirectory(folder["data"]);
        string[] command =
        [
            "/bin/sh", "-c", GuardScript, "guard", Program, "--no-defaults", $"--user={Environment.UserName}", $"--datadir={folder["data"]}", $"--socket={folder["socket"]}",
            $"--pid-file={folder["pid"]}", "--bind-address=127.0.0.1", $"--port={port}", "--skip-grant-tables", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M",
        ];
        guard = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, Environment = { ["FOLDER"] = folder.FullPath } })!;
    }

    /// <summary>The connection string of a server that all tests of this process share. Skips the calling test where MariaDB is not installed; with <c>CI=true</c> it fails.</summary>
    public static async Task<string> ConnectAsync()
    {
        const string missing = $"MariaDB is not installed (no {Program}). Install it with: apt-get install mariadb-server-core";
        if (!File.Exists(Program))
        {
            if (Environment.GetEnvironmentVariable("CI") == "true") throw new InvalidOperationException(missing);
            Assert.Skip(missing);
        }
        return $"Server=127.0.0.1;Port={(await Shared.Value).port};User ID=root;SslMode=None";
    }

    static async Task<MariaDbServer> StartAsync()
    {
        var server = new MariaDbServer();
        var patience = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, server.port);
                return server;
            }
            catch (SocketException) when (patience.Elapsed < TimeSpan.FromSeconds(60) && !server.guard.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }

    public void Dispose()
    {
        guard.StandardInput.Close();
        guard.WaitForExit();
        guard.Dispose();
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
