using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Millrace.Broker.Tests.StockClients;

/// <summary>A client that others wrote, as a child process.</summary>
static class StockClient
{
    internal const string Python = "/usr/bin/python3";

    static readonly Lazy<Task<string?>> Packages = new(InstallAsync);

    static string Folder => Path.Combine(AppContext.BaseDirectory, "StockClients");

    /// <summary>Runs one of the scripts beside this file, and answers what it printed.</summary>
    internal static async Task<string> ScriptAsync(string script, string[] arguments, string? input = null)
    {
        var isPython = script.EndsWith(".py", StringComparison.Ordinal);
        if (isPython) Need(Python, "-c", "import kafka, confluent_kafka");
        else if (await Packages.Value is { } missing) Assert.Skip(missing);
        return await RunAsync(isPython ? Python : "node", [Path.Combine(Folder, script), .. arguments], input);
    }

    /// <summary>One of the scripts of Node.js that goes on until its input ends. Its packages must be there.</summary>
    internal static Process Start(string script, params string[] arguments) =>
        Process.Start(new ProcessStartInfo("node", [Path.Combine(Folder, script), .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

    internal static async Task<string> RunAsync(string program, string[] arguments, string? input = null)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(120));
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            if (input is not null) await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {await errors}{await output}");
            return await output;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"'{program} {string.Join(' ', arguments)}' did not end.");
        }
    }

    /// <summary>Skips where the client isn't installed; test.sh says how it is.</summary>
    internal static void Need(string program, params string[] probe)
    {
        if (Try(program, probe, AppContext.BaseDirectory) is not null)
            Assert.Skip($"'{program} {string.Join(' ', probe)}' doesn't run here. Debian and Ubuntu: apt-get install kcat python3-kafka python3-confluent-kafka");
    }

    /// <summary>Fetches the clients of Node.js, in the versions and with the checksums that package-lock.json pins. Answers why that can't be.</summary>
    static Task<string?> InstallAsync() => Task.Run(() =>
    {
        if (Try("node", ["--version"], Folder) is { } node) return $"The Kafka clients of Node.js need it, and {node} Debian and Ubuntu: apt-get install nodejs npm";
        var (pinned, installed) = (Path.Combine(Folder, "package-lock.json"), Path.Combine(Folder, "node_modules", ".package-lock.json"));
        if (File.Exists(installed) && File.GetLastWriteTimeUtc(installed) >= File.GetLastWriteTimeUtc(pinned)) return null;
        return Try("npm", ["ci", "--ignore-scripts", "--prefer-offline", "--loglevel=error", "--no-audit", "--no-fund"], Folder) is { } npm
            ? $"The Kafka clients of Node.js could not be fetched: {npm} They need npm and a package registry that it reaches."
            : null;
    });

    /// <summary>Runs a program, and answers why it failed, or null.</summary>
    static string? Try(string program, string[] arguments, string folder)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            process.WaitForExit();
            _ = output.Result;
            return process.ExitCode == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"'{program} {string.Join(' ', arguments)}' ended with {process.ExitCode}: {errors.Result.Trim()}");
        }
        catch (Win32Exception)
        {
            return $"'{program}' isn't installed.";
        }
    }
}
