using System.CommandLine;
using Millrace.Cli.Output;

namespace Millrace.Cli.Commands;

static class GroupsDelete
{
    internal static Command Create()
    {
        var names = new Argument<string[]>("group") { Description = "The groups' ids.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("delete", "Deletes groups with all that they have committed. They must have no members.") { names };
        new ClusterOptions().SetAction(command, async (admin, session, parsed) =>
        {
            var groups = parsed.GetRequiredValue(names);
            foreach (var group in groups) await admin.DeleteGroupAsync(group, session.Cancellation);
            session.Show(new(groups), KafkaViews.Default.DeletedManyView, terminal =>
            {
                foreach (var group in groups) terminal.Line($"Group {group} is deleted.");
            });
        });
        return command;
    }
}
