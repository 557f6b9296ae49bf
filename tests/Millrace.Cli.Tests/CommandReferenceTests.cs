using Millrace.Testing.Servers;

namespace Millrace.Cli.Tests;

public sealed class CommandReferenceTests
{
    [Fact]
    public void The_reference_in_the_docs_is_made_from_the_command_tree()
    {
        var path = Repository.File("docs/cli.md");
        var (begin, end) = ("<!-- commands: made from the command tree -->\n", "<!-- end of commands -->");
        var text = File.ReadAllText(path);
        var from = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        var to = text.IndexOf(end, StringComparison.Ordinal);
        if (Repository.IsToBeWritten)
            File.WriteAllText(path, text[..from] + CommandReference.Markdown() + text[to..]);
        else
            Assert.Equal(CommandReference.Markdown(), text[from..to]);
    }

    [Fact]
    public void Every_command_and_option_says_what_it_is_for()
    {
        foreach (var command in Inside(CommandTree.Whole()))
        {
            Assert.False(string.IsNullOrWhiteSpace(command.Description), $"{CommandTree.PathOf(command)} has no description.");
            Assert.All(command.Options, option => Assert.False(string.IsNullOrWhiteSpace(option.Description), $"{CommandTree.PathOf(command)} {option.Name} has no description."));
        }

        static IEnumerable<System.CommandLine.Command> Inside(System.CommandLine.Command command) => command.Subcommands.SelectMany(Inside).Prepend(command);
    }
}
