using System.CommandLine;

namespace Millrace.Cli.Commands;

static class SchedulerCommand
{
    internal const string Says = "Runs the scheduler and its workers without reading the DAG folder: one more beside 'up', on PostgreSQL.";

    internal static Command Create()
    {
        var command = new Command("scheduler", Says);
        SettingFlags.AddTo(command);
        command.SetAction(Session.Of((session, _) => UpCommand.RunAsync(session, watches: false)));
        return command;
    }
}
