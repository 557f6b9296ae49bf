using System.CommandLine;
using Millrace.Authoring.Templates;
using Millrace.Cli.Output;

namespace Millrace.Cli.Commands;

static class NewDag
{
    internal static Command Create()
    {
        var name = new Argument<string>("name") { Description = "The new Dag's name: letters, digits, '_', '-' and '.'." };
        var command = new Command("dag", "Makes a first DAG file in the DAG folder, with a project file so that editors understand it.") { name };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var dag = parsed.GetRequiredValue(name);
            if (dag.Length == 0 || !dag.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') || dag[0] is '.' or '_')
                throw new UserErrorException($"'{dag}' can't be a Dag's name here. Use letters, digits, '_', '-' and '.', beginning with a letter or digit.");
            var file = DagTemplates.FileOf(session.Settings.DagFolder, dag);
            if (File.Exists(file))
                throw new UserErrorException($"{file} exists already. Give the new Dag another name, or remove the file first.");
            var created = await DagTemplates.WriteAsync(session.Settings.DagFolder, dag, session.Cancellation);
            session.Show(new(created), Views.Default.CreatedView, terminal =>
            {
                foreach (var file in created) terminal.Line($"made {file}");
                terminal.Line();
                terminal.Line($"Try it here and now:  millrace dags test {dag}");
                terminal.Line("Run it as scheduled:  millrace up");
            });
            return ExitCode.Ok;
        }));
        return command;
    }
}
