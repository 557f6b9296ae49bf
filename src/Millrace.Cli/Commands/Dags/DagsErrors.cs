using System.CommandLine;
using Millrace.Cli.Output;

namespace Millrace.Cli.Commands;

static class DagsErrors
{
    internal static Command Create()
    {
        var command = new Command("errors", "Lists what is wrong with DAG files, by file and line; exits with 1 if anything is.");
        command.SetAction(Session.Of(async (session, _) =>
        {
            var store = await session.StoreAsync();
            var errors = (await store.ListErrorsAsync(session.Cancellation))
                .Select(error => new ErrorView(error.Source, error.Line, error.Column, error.Kind, error.Message, error.At)).ToList();
            session.Show(errors, Views.Default.IReadOnlyListErrorView, terminal =>
            {
                if (errors.Count == 0) terminal.Line("No errors: every DAG file was read.");
                foreach (var error in errors)
                    // As compilers write it, so that editors can jump there.
                    terminal.Line($"{error.Source}{(error.Line > 0 ? $"({error.Line},{error.Column})" : "")}: {error.Kind}: {error.Message}");
            });
            return errors.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
        }));
        return command;
    }
}
