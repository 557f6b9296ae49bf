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
