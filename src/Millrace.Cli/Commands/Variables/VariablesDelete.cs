using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Hosting.Settings;

namespace Millrace.Cli.Commands;

static class VariablesDelete
{
    internal static Command Create()
    {
        var key = new Argument<string>("key") { Description = "The variable's key." };
        var command = new Command("delete", "Deletes a variable.") { key };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var name = parsed.GetRequiredValue(key);
            if (!await store.DeleteVariableAsync(name, session.Cancellation))
                throw new UserErrorException($"There is no variable '{name}'.{NearMiss.Question(name, (await store.ListVariablesAsync(session.Cancellation)).Select(variable => variable.Key))}");
            session.Show(new(name), Views.Default.DeletedView, terminal => terminal.Line($"Variable {name} is deleted."));
            return ExitCode.Ok;
        }));
        return command;
    }
}
