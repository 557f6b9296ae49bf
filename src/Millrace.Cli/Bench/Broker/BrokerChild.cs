using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Millrace.Execution;

namespace Millrace.Cli.Bench.Broker;

/// <summary>'millrace broker' in a process of its own, on a free port.</summary>
sealed partial class BrokerChild : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly Process process;

    BrokerChild(Process process, int port, TimeSpan answered) => (this.process, Port, StartTime) = (process, port, answered);

    internal int Port { get; }

    /// <summary>From the start of the process to its first answer.</summary>
    internal TimeSpan StartTime { get; }

    internal double Megabytes => ProcessMemory.TreeMegabytes(process.Id);

    internal TimeSpan ProcessorTime
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    internal static async Task<BrokerChild> StartAsync(string folder, string durability, CancellationToken cancellation)
    {
        var start = ToolCommand.Find().Start("broker", "--port", "0", "--data", folder, "--durability", durability);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        var since = Stopwatch.GetTimestamp();
        var process = Process.Start(start)!;
        try
        {
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            var said = await process.StandardOutput.ReadLineAsync(cancellation).AsTask().WaitAsync(Patience, cancellation)
                ?? throw new InvalidOperationException("'millrace broker' ended before it listened.");
            var port = int.Parse(PortIn().Match(said).Groups[1].ValueSpan, CultureInfo.InvariantCulture);
            using (var wire = new BrokerWire(port)) wire.AskVersions();
            return new(process, port, Stopwatch.GetElapsedTime(since));
        }
        catch
        {
            process.Kill();
            throw;
        }
    }

    /// <summary>Ends the process as a power cut would.</summary>
    internal async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) await KillAsync();
        process.Dispose();
    }

    [GeneratedRegex(@"127\.0\.0\.1:(\d+)")]
    private static partial Regex PortIn();
}
