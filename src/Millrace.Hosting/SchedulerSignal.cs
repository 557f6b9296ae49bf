using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Millrace.Execution;
using Millrace.Runs;

namespace Millrace.Hosting;

/// <summary>
/// How commands wake the schedulers of their home folder at once: each listens at <c>run/scheduler-PID.sock</c>
/// and takes lines: the id of the run that changed, an empty line when something else did, or <c>workers N</c> for
/// so many more workers until the line is hung up.
/// </summary>
sealed class SchedulerSignal : IAsyncDisposable
{
    // A socket's path must fit in 108 bytes; macOS takes 104.
    const int LongestPath = 100;
    const string LendWord = "workers ";
    const string Pattern = "scheduler-*.sock";

    readonly Socket _socket;
    readonly string _path;
    readonly Action<RunId?> _wake;
    readonly Action<int>? _lend;
    readonly CancellationTokenSource _stop = new();
    readonly Task _accepting;

    SchedulerSignal(Socket socket, string path, Action<RunId?> wake, Action<int>? lend)
    {
        _socket = socket;
        _path = path;
        _wake = wake;
        _lend = lend;
        _accepting = AcceptAsync();
    }

    /// <param name="lend">Null where there are no worker processes.</param>
    internal static SchedulerSignal Listen(HomeFolder home, Action<RunId?> wake, Action<int>? lend = null)
    {
        var folder = FolderOf(home);
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"scheduler-{Environment.ProcessId}.sock");
        // One of ours with this process id is a dead one's.
        File.Delete(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            socket.Listen(64);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        return new(socket, path, wake, lend);
    }

    /// <summary>Wakes every scheduler of this home folder that lives.</summary>
    /// <returns>How many heard it.</returns>
    internal static async Task<int> SendAsync(HomeFolder home, RunId? run, CancellationToken cancellation)
    {
        var folder = FolderOf(home);
        if (!Directory.Exists(folder)) return 0;
        var heard = 0;
        foreach (var path in Directory.EnumerateFiles(folder, Pattern))
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation).ConfigureAwait(false);
                await socket.SendAsync(Encoding.ASCII.GetBytes($"{run}\n"), cancellation).ConfigureAwait(false);
                heard++;
            }
            catch (SocketException)
            {
                // Its process is gone without a goodbye. Nobody hears, and nobody needs to: a scheduler that starts reads the store.
            }
        }
        return heard;
    }

    /// <summary>Lends the scheduler of this home folder more workers for as long as the answer is not disposed.</summary>
    /// <returns>Null when no scheduler listens.</returns>
    internal static async Task<Socket?> BorrowAsync(HomeFolder home, int workers, CancellationToken cancellation)
    {
        var folder = FolderOf(home);
        if (!Directory.Exists(folder)) return null;
        foreach (var path in Directory.EnumerateFiles(folder, Pattern))
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation).ConfigureAwait(false);
                await socket.SendAsync(Encoding.ASCII.GetBytes($"{LendWord}{workers.ToString(CultureInfo.InvariantCulture)}\n"), cancellation).ConfigureAwait(false);
                return socket;
            }
            catch (SocketException)
            {
                socket.Dispose();
            }
        }
        return null;
    }

    static string FolderOf(HomeFolder home)
    {
        if (Encoding.UTF8.GetByteCount(home.Run) + "/scheduler-4194304.sock".Length <= LongestPath) return home.Run;
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(home.Root)))[..16];
        return Path.Combine(Path.GetTempPath(), $"millrace-{Environment.UserName}-{hash}");
    }

    async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _socket.AcceptAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                continue;
            }
            _ = ServeAsync(client);
        }
    }

    async Task ServeAsync(Socket client)
    {
        var lent = 0;
        using (client)
        {
            try
            {
                using var reader = new StreamReader(new NetworkStream(client), Encoding.ASCII);
                while (await reader.ReadLineAsync(_stop.Token).ConfigureAwait(false) is { } line)
                {
                    if (!line.StartsWith(LendWord, StringComparison.Ordinal))
                        _wake(Guid.TryParse(line, out var run) ? new RunId(run) : null);
                    else if (_lend is not null && int.TryParse(line.AsSpan(LendWord.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var more))
                    {
                        lent += more;
                        _lend(more);
                    }
                }
            }
            catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // Whoever rang has hung up, or we stop.
            }
            finally
            {
                if (lent > 0 && !_stop.IsCancellationRequested) _lend!(-lent);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _accepting.ConfigureAwait(false);
        _stop.Dispose();
        File.Delete(_path);
    }
}
