using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Millrace.Broker.Tests.Killing;

/// <summary>The broker as users start it, in a process that can be killed.</summary>
sealed partial class BrokerProcess : IDisposable
{
    readonly Process process;

    BrokerProcess(Process process, int port) => (this.process, Port) = (process, port);

    internal int Port { get; }

    internal static async Task<BrokerProcess> StartAsync(string folder)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "millrace.dll"), "broker", "--port", "0", "--data", folder]) start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var said = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"The broker did not start: {await errors}");
        return new(process, int.Parse(Listens().Match(said).Groups[1].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"listens on [^ ]*:(\d+)")]
    private static partial Regex Listens();

    internal void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    public void Dispose()
    {
        if (!process.HasExited) Kill();
        process.Dispose();
    }
}
