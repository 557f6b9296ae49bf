namespace Millrace.Cli.Tests;

public sealed class UsageTests(CommandLineDriver millrace) : IClassFixture<CommandLineDriver>
{
    [Fact]
    public async Task A_misspelt_command_is_answered_with_the_nearest_one() =>
        Assert.Contains("There is no command 'millrace dags lst'. Did you mean 'list'?", await millrace.RefusedAsync("dags", "lst"), StringComparison.Ordinal);

    [Fact]
    public async Task A_misspelt_option_is_answered_with_the_nearest_one() =>
        Assert.Contains("Did you mean '--json'?", await millrace.RefusedAsync("dags", "list", "--jsn"), StringComparison.Ordinal);

    [Fact]
    public async Task A_wrong_setting_stops_any_command() =>
        Assert.Contains("workers.min is 0", await millrace.RefusedAsync("config", "show", "--workers-min", "0"), StringComparison.Ordinal);

    [Theory]
    [InlineData("db init", "millrace db migrate")]
    [InlineData("initdb", "millrace up")]
    [InlineData("webserver -p 8080", "millrace up")]
    [InlineData("users create --role Admin", "millrace up")]
    [InlineData("dags list-runs -d etl", "millrace runs list DAG")]
    [InlineData("list_dags", "millrace dags list")]
    [InlineData("tasks run etl extract 2024-01-01", "millrace tasks test DAG TASK")]
    public async Task Airflows_spelling_is_answered_with_what_to_type(string typed, string answer) =>
        Assert.Contains(answer, await millrace.RefusedAsync(typed.Split(' ')), StringComparison.Ordinal);

    [Fact]
    public void No_answer_to_Airflows_spellings_names_a_command_that_does_not_exist()
    {
        var tree = CommandTree.Whole();
        foreach (var answer in AirflowSpellings.All.Select(spelling => spelling.Answer))
            foreach (var part in answer.Split("millrace ").Skip(1))
            {
                var words = part.Split([' ', '\''], StringSplitOptions.RemoveEmptyEntries);
                if (words[0].StartsWith('-')) continue;
                var command = tree.Subcommands.FirstOrDefault(c => c.Name == words[0]);
                Assert.True(command is not null, $"There is no 'millrace {words[0]}', which '{answer}' names.");
                if (command.Subcommands.Count > 0)
                    Assert.True(words[1].StartsWith((char)45) || command.Subcommands.Any(c => c.Name == words[1]), $"There is no 'millrace {words[0]} {words[1]}', which '{answer}' names.");
            }
    }

    [Fact]
    public async Task No_spelling_of_Airflow_hides_a_command()
    {
        foreach (var command in CommandTree.Whole().Subcommands)
        {
            Assert.Null(AirflowSpellings.Answer([command.Name, "--help"]));
            foreach (var inner in command.Subcommands)
                Assert.Null(AirflowSpellings.Answer([command.Name, inner.Name, "x"]));
        }
        Assert.Contains("Usage:", await millrace.OkAsync("--help"), StringComparison.Ordinal);
    }
}
