using System.CommandLine;
using Millrace.Cli.Output;

namespace Millrace.Cli.Commands;

static class ConfigShow
{
    internal static Command Create()
    {
        var command = new Command("show", "Shows every setting, its value and where that came from.");
        SettingFlags.AddTo(command);
        command.SetAction(Session.Of((session, _) =>
        {
            var loaded = session.Loaded;
            var settings = loaded.Values.Select(value => new SettingView(value.Setting.Key, value.Setting.Show(loaded.Settings), value.Origin,
                value.Setting.DefaultText, value.Setting.EnvironmentVariable, value.Setting.Flag, value.Setting.Says)).ToList();
            session.Show(settings, Views.Default.IReadOnlyListSettingView, terminal =>
            {
                var table = new Columns("setting", "value", "from");
                foreach (var setting in settings)
                    table.Add(Text.Of(setting.Key), setting.Value.Length == 0 ? "[grey](empty)[/]" : Text.Of(setting.Value),
                        setting.Origin == "default" ? "[grey]default[/]" : Text.Of(setting.Origin));
                table.WriteTo(terminal);
                terminal.Line();
                terminal.Line($"The file is {loaded.Settings.ConfigurationFile}{(File.Exists(loaded.Settings.ConfigurationFile) ? "" : " (there is none yet)")}. An environment variable such as");
                terminal.Line("MILLRACE_WORKERS__MIN=4 goes before it, a flag such as --workers-min 4 before both.");
            });
            return Task.FromResult(ExitCode.Ok);
        }));
        return command;
    }
}
