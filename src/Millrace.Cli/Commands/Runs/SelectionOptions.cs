using System.CommandLine;
using Millrace.Runs;

namespace Millrace.Cli.Commands;

/// <summary>The options that say which tasks of a run a command is about.</summary>
sealed class SelectionOptions
{
    readonly Option<bool> _upstream = new("--upstream") { Description = "Also the tasks before those named." };
    readonly Option<bool> _downstream = new("--downstream") { Description = "Also the tasks after those named." };

    internal Option<bool> OnlyFailed { get; } = new("--only-failed") { Description = "Of these only the ones that failed, or could not run because of a failure." };
    internal Option<bool> DryRun { get; } = new("--dry-run") { Description = "Only say which tasks it would be." };
    internal Option<bool> NewVersion { get; } = new("--new-version") { Description = "Go on with the Dag's version in force; otherwise with the one that the run started with." };

    internal void AddTo(Command command)
    {
        command.Add(_upstream);
        command.Add(_downstream);
        command.Add(DryRun);
    }

    internal TaskSelection Read(ParseResult parsed, IReadOnlyList<string> tasks, int? mapIndex = null) => new()
    {
        Tasks = tasks,
        MapIndex = mapIndex,
        Upstream = parsed.GetValue(_upstream),
        Downstream = parsed.GetValue(_downstream),
        OnlyFailed = parsed.GetResult(OnlyFailed) is not null && parsed.GetValue(OnlyFailed),
    };

    internal FollowVersion Version(ParseResult parsed) => parsed.GetValue(NewVersion) ? FollowVersion.Newest : FollowVersion.Own;
}
