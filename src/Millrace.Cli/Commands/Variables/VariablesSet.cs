using System.CommandLine;
using Millrace.Cli.Output;

namespace Millrace.Cli.Commands;

static class VariablesSet
{
    internal static Command Create()
    {
        var key = new Argument<string>("key") { Description = "The variable's key." };
        var value = new Argument<string>("value") { Description = "Its value; '-' reads it from standard input, which keeps secrets out of the shell's history." };
        var says = new Option<string?>("--description") { Description = "What it is for.", HelpName = "text" };
        var command = new Command("set", "Sets a variable.") { key, value, says };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync(make: true);
            var text = parsed.GetRequiredValue(value);
            if (text == "-") text = (await Console.In.ReadToEndAsync(session.Cancellation)).TrimEnd('\n', '\r');
            var name = parsed.GetRequiredValue(key);
            await store.SetVariableAsync(new(name, text, parsed.GetValue(says)), session.Cancellation);
            session.Show([new(name, text, parsed.GetValue(says))], Views.Default.IReadOnlyListVariableView, terminal => terminal.Line($"Variable {name} is set."));
            return ExitCode.Ok;
        }));
        return command;
    }
}
