using System.CommandLine;
using System.Net.Sockets;
using Millrace.Cli.Output;
using Millrace.Hosting;

namespace Millrace.Cli.Commands;

static class WorkerCommand
{
    internal const string Says = "Lends the scheduler that runs on this machine more workers, until Ctrl-C.";

    internal static Command Create()
    {
        var count = new Option<int>("--count", "-n") { Description = "How many.", HelpName = "number", DefaultValueFactory = _ => 1 };
        var command = new Command("worker", Says) { count };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var workers = parsed.GetValue(count) is var most and >= 1 and <= 1_000 ? most : throw new UserErrorException("--count must be 1 to 1000.");
            using var line = await SchedulerSignal.BorrowAsync(session.Home, workers, session.Cancellation)
                ?? throw new UserErrorException($"No scheduler runs on {session.Settings.Home}. Start one with 'millrace up'; it brings its own workers.", ExitCode.Unavailable);
            session.Terminal.Line($"The scheduler on {session.Settings.Home} has {Text.Count(workers, "more worker")} until Ctrl-C.");
            try
            {
                // Nothing is ever sent here: it ends when the scheduler does.
                await line.ReceiveAsync(new byte[1], session.Cancellation);
            }
            catch (Exception end) when (end is OperationCanceledException or SocketException)
            {
                if (session.Cancellation.IsCancellationRequested) return ExitCode.Ok;
            }
            session.Terminal.Line("The scheduler has ended, and the workers with it.");
            return ExitCode.Ok;
        }));
        return command;
    }
}
