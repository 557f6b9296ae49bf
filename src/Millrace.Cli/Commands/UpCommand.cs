using System.CommandLine;
using Millrace.Cli.Running;
using Millrace.Hosting;

namespace Millrace.Cli.Commands;

static class UpCommand
{
    internal const string Says = "Runs everything: the scheduler, its workers, the DAG folder and the event broker. Ctrl-C stops it.";

    internal static Command Create()
    {
        var command = new Command("up", Says);
        SettingFlags.AddTo(command);
        command.SetAction(Session.Of((session, _) => RunAsync(session, watches: true)));
        return command;
    }

    /// <param name="watches">Whether the DAG folder is read and the event broker started, too.</param>
    internal static async Task<int> RunAsync(Session session, bool watches)
    {
        var (settings, time, terminal) = (session.Settings, session.Time, session.Terminal);
        using var loggers = new TerminalLoggers(terminal.Error, time);
        using var journal = new RunJournal(terminal, session.IsJson, time);
        var copied = watches && Samples.CopyInto(settings);
        // Beside the rest, and stopped after it: tasks may use the broker to their end.
        await using var broker = UpBroker.Begin(watches ? settings : settings with { Broker = new() { Port = "none" } }, loggers);
        await using var host = await MillraceHost.CreateAsync(settings, time, loggers, session.Cancellation);
        broker.Announce();
        host.Scheduler.RunBegan += journal.Began;
        host.Scheduler.RunEnded += journal.Ended;
        if (!session.IsJson) Banner.Write(terminal, settings, watches, copied);
        await host.StartAsync(session.Cancellation);
        journal.Event(new("ready", time.GetUtcNow()) { Home = settings.Home, Store = settings.UsesPostgres ? "postgres" : "sqlite" });

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(session.Cancellation);
        var folder = watches ? new DagFolderLoop(settings, host, journal, time, loggers).RunAsync(ending.Token) : Task.Delay(Timeout.Infinite, ending.Token);
        await broker.TellAsync(journal, terminal, time);
        // Ends when it is told to, or throws: then there is nobody to read the DAG folder, and going on would hide it.
        await Task.WhenAny(folder);
        await ending.CancelAsync();

        journal.Say($"stopping: what runs gets {Millrace.Hosting.Settings.Duration.Format(settings.Workers.Grace)}, what is queued goes on after the next start (Ctrl-C again: at once)");
        journal.Event(new("stopping", time.GetUtcNow()));
        await host.StopAsync();
        journal.Event(new("stopped", time.GetUtcNow()));
        if (folder.IsFaulted) await folder;
        return ExitCode.Ok;
    }
}
