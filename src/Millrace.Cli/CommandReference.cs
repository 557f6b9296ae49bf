using System.CommandLine;
using System.Globalization;
using System.Text;
using Millrace.Hosting.Settings;

namespace Millrace.Cli;

/// <summary>The commands as docs/cli.md lists them.</summary>
static class CommandReference
{
    internal static string Markdown()
    {
        var text = new StringBuilder();
        foreach (var command in CommandTree.Whole().Subcommands) Write(text, command, 2);
        return text.ToString();
    }

    static void Write(StringBuilder text, Command command, int level)
    {
        if (command.Hidden) return;
        var path = CommandTree.PathOf(command);
        text.Append(CultureInfo.InvariantCulture, $"{new string('#', level)} {path}\n\n{command.Description}\n\n");
        if (command.Action is not null)
        {
            var arguments = string.Concat(command.Arguments.Select(argument => " " + UsageOf(argument)));
            text.Append(CultureInfo.InvariantCulture, $"```\n{path}{arguments}{(command.Options.Any() ? " [options]" : "")}\n```\n\n");
            List(text, command);
        }
        foreach (var inner in command.Subcommands) Write(text, inner, level + 1);
    }

    static void List(StringBuilder text, Command command)
    {
        var rows = new List<string>();
        foreach (var argument in command.Arguments) rows.Add($"| `{Escape(argument.HelpName ?? argument.Name)}` | {Escape(argument.Description)} |");
        foreach (var option in command.Options.Where(option => IsListed(command, option)))
            rows.Add($"| `{string.Join("`, `", option.Aliases.Prepend(option.Name))}`{(option.HelpName is { } value ? $" {Escape(value)}" : "")} | {Escape(option.Description)}{(option.Required ? " Required." : "")} |");
        if (rows.Count > 0) text.Append("| | |\n|---|---|\n").AppendJoin('\n', rows).Append("\n\n");
        if (TakesSettings(command)) text.Append("Every setting of [configuration.md](configuration.md) is an option, too: `workers.min` is `--workers-min`.\n\n");
    }

    static bool IsListed(Command command, Option option) => !option.Hidden && !(TakesSettings(command) && IsSetting(option));

    // One setting alone is an option like any other.
    static bool TakesSettings(Command command) => command.Options.Count(IsSetting) > 1;

    static bool IsSetting(Option option) => Setting.All.Any(setting => setting.Flag == option.Name);

    static string UsageOf(Argument argument)
    {
        var name = argument.HelpName ?? argument.Name.ToUpperInvariant();
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name;
    }

    static string Escape(string? text) => (text ?? "").Replace("|", "\\|", StringComparison.Ordinal);
}
