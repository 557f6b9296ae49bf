using System.CommandLine;
using Millrace.Cli.Output;

namespace Millrace.Cli.Commands;

static class VariablesList
{
    internal static Command Create()
    {
        var command = new Command("list", "Lists the variables.");
        command.SetAction(Session.Of(async (session, _) =>
        {
            var store = await session.StoreAsync();
            var variables = (await store.ListVariablesAsync(session.Cancellation))
                .Select(variable => new VariableView(variable.Key, variable.Value, variable.Description)).ToList();
            session.Show(variables, Views.Default.IReadOnlyListVariableView, terminal =>
            {
                if (variables.Count == 0)
                {
                    terminal.Line("No variables. 'millrace variables set KEY VALUE' makes one.");
                    return;
                }
                var table = new Columns("key", "value", "description").WrapLast();
                foreach (var variable in variables)
                    table.Add(Text.Of(variable.Key), Text.Of(variable.Value), Text.Of(variable.Description));
                table.WriteTo(terminal);
            });
            return ExitCode.Ok;
        }));
        return command;
    }
}
