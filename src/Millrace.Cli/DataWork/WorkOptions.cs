using System.CommandLine;
using Millrace.Data;

namespace Millrace.Cli.DataWork;

/// <summary>What every command that moves rows can be told.</summary>
sealed class WorkOptions
{
    readonly Option<string> bad = new("--bad") { Description = "What becomes of a value that isn't one of its column's type: fail, reject (its row) or null.", HelpName = "what", DefaultValueFactory = _ => "fail" };
    readonly Option<string?> rejects = new("--rejects") { Description = "A file for the rows that were refused: rule, value, source and line; its name says the format.", HelpName = "file" };
    readonly Option<string?> memory = new("--memory") { Description = "How much memory heavy steps may use before they spill to disk: 512MB, 2GB.", HelpName = "size" };

    internal void AddTo(Command command)
    {
        command.Add(bad);
        command.Add(rejects);
        command.Add(memory);
    }

    Bad BadOf(ParseResult parsed) => parsed.GetValue(bad) switch
    {
        "fail" => Bad.Fail,
        "reject" => Bad.Reject,
        "null" => Bad.Null,
        var other => throw new UserErrorException($"--bad '{other}' is none of fail, reject and null."),
    };

    /// <summary>Whether refused rows are to be kept in a file.</summary>
    internal bool KeepsRejects(ParseResult parsed) => parsed.GetValue(rejects) is not null;

    /// <param name="most">How many rows may be refused; null is any number.</param>
    internal RunContext RunOf(ParseResult parsed, long? most = null) => new() { Bad = BadOf(parsed), Rejects = new RejectLog { Max = most }, MemoryLimit = ByteSize.Parse("--memory", parsed.GetValue(memory)) };

    internal async Task KeepRejectsAsync(ParseResult parsed, RunContext run, CancellationToken cancel)
    {
        if (parsed.GetValue(rejects) is { } file && run.Rejects is { } log) await Frame.From(log.ReadAsync(cancel)).WriteAsync(FileFormats.Sink(file), cancel);
    }
}
