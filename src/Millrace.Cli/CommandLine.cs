using System.CommandLine;
using Millrace.Hosting.Settings;

namespace Millrace.Cli;

/// <summary>From arguments to an exit code.</summary>
static class CommandLine
{
    internal static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        if (AirflowSpellings.Answer(args) is { } answer)
        {
            await error.WriteLineAsync(answer);
            return ExitCode.Usage;
        }
        // Somebody who types nothing but the name wants to know what there is.
        if (args.Length == 0) args = ["--help"];
        var parsed = CommandTree.For(args).Parse(args);
        if (parsed.Errors.Count > 0)
        {
            await error.WriteLineAsync(Explain(parsed));
            return ExitCode.Usage;
        }
        return await parsed.InvokeAsync(new()
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            // Interrupts belong to Program: `up` must be free to take its time.
            ProcessTerminationTimeout = null,
        }, cancellation);
    }

    static string Explain(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var path = CommandTree.PathOf(command);
        var help = $"'{path} --help' shows what it takes.";
        if (command.Subcommands.Count > 0 && command.Arguments.Count == 0)
        {
            // A misspelt command is the likeliest mistake of all; what the parser says of it is not worth reading.
            var wanted = parsed.UnmatchedTokens.FirstOrDefault(token => !token.StartsWith('-'));
            if (wanted is null && parsed.UnmatchedTokens.Count == 0)
                return $"'{path}' needs a command: {string.Join(", ", command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name))}. {help}";
            if (wanted is not null)
                return $"There is no command '{path} {wanted}'.{NearMiss.Question(wanted, command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name))} {help}";
        }
        if (parsed.UnmatchedTokens.FirstOrDefault(token => token.StartsWith('-')) is { } option)
        {
            var near = NearMiss.Question(option, CommandTree.OptionsOf(command).Select(o => o.Name));
            return $"'{path}' has no option '{option}'.{near} {help}";
        }
        return $"{string.Join(Environment.NewLine, parsed.Errors.Select(e => e.Message))}{Environment.NewLine}{help}";
    }
}
