using System.Text.Json;
using Millrace.Testing.Servers;

namespace Millrace.Cli.Tests;

/// <summary>A home folder of its own and the command line in this process.</summary>
public sealed class CommandLineDriver : IDisposable
{
    readonly TempFolder _home = new();

    internal string Home => _home.FullPath;

    internal sealed record Answer(int Code, string Output, string Error)
    {
        internal JsonElement Json => Output.Length > 0 ? JsonDocument.Parse(Output).RootElement : throw new InvalidOperationException($"It ended with {Code} and printed nothing: {Error}");
    }

    internal async Task<Answer> RunAsync(params string[] args)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await CommandLine.RunAsync([.. args, "--home", Home], output, error, TestContext.Current.CancellationToken);
        return new(code, output.ToString(), error.ToString());
    }

    internal async Task<string> OkAsync(params string[] args)
    {
        var answer = await RunAsync(args);
        Assert.True(answer.Code == 0, $"millrace {string.Join(' ', args)} ended with {answer.Code}: {answer.Error}{answer.Output}");
        return answer.Output;
    }

    internal async Task<string> RefusedAsync(params string[] args)
    {
        var answer = await RunAsync(args);
        Assert.Equal(ExitCode.Usage, answer.Code);
        Assert.Equal("", answer.Output);
        return answer.Error;
    }

    public void Dispose() => _home.Dispose();
}
