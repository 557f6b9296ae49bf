using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Hosting.Settings;

namespace Millrace.Cli.Commands;

static class VariablesGet
{
    internal static Command Create()
    {
        var key = new Argument<string>("key") { Description = "The variable's key." };
        var command = new Command("get", "Prints a variable's value.") { key };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var wanted = parsed.GetRequiredValue(key);
            var all = await store.ListVariablesAsync(session.Cancellation);
            var variable = all.FirstOrDefault(variable => variable.Key == wanted)
                ?? throw new UserErrorException($"There is no variable '{wanted}'.{NearMiss.Question(wanted, all.Select(variable => variable.Key))}");
            session.Show([new(variable.Key, variable.Value, variable.Description)], Views.Default.IReadOnlyListVariableView,
                terminal => terminal.Line(variable.Value));
            return ExitCode.Ok;
        }));
        return command;
    }
}
