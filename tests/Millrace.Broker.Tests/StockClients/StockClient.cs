using System.Diagnostics;

namespace Millrace.Broker.Tests.StockClients;

/// <summary>A client that others wrote, as a child process.</summary>
static class StockClient
{
    internal static async Task<string> RunAsync(string program, string[] arguments, string? input = null)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            if (input is not null) await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {await errors}");
            return await output;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end.");
        }
    }

    /// <summary>Skips where the client isn't installed; test.sh says how it is.</summary>
    internal static void Need(string program, params string[] probe)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, probe) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.WaitForExit();
            if (process.ExitCode == 0) return;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // Not there: said below.
        }
        Assert.Skip($"'{program} {string.Join(' ', probe)}' doesn't run here. Debian and Ubuntu: apt-get install kcat python3-kafka python3-confluent-kafka");
    }
}
