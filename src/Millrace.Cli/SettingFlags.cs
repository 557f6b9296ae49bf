using System.CommandLine;
using Millrace.Hosting.Settings;

namespace Millrace.Cli;

/// <summary>Settings as flags, made from the records: one edit per setting.</summary>
static class SettingFlags
{
    /// <summary>Every setting that is not a flag of all commands already.</summary>
    internal static void AddTo(Command command)
    {
        foreach (var setting in Setting.All)
            if (setting.Flag != CommandTree.Home.Name && setting.Flag != CommandTree.Store.Name)
                command.Add(new Option<string?>(setting.Flag)
                {
                    HelpName = setting.TypeText,
                    Description = $"{setting.Says} (default: {setting.DefaultText})",
                });
    }

    internal static IReadOnlyDictionary<string, string> Given(ParseResult parsed)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var option in CommandTree.OptionsOf(parsed.CommandResult.Command))
            if (Setting.All.FirstOrDefault(setting => setting.Flag == option.Name) is { } setting
                && parsed.GetResult(option) is { Implicit: false } && parsed.GetValue<string?>(option.Name) is { } value)
                given[setting.Key] = value;
        return given;
    }
}
