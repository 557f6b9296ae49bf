using Millrace.Testing.Servers;

namespace Millrace.Cli.Tests;

/// <summary>What `millrace load` is told of rows that a table isn't made for, and of how many may be refused.</summary>
public sealed class LoadCommandTests : IDisposable
{
    readonly CommandLineDriver _millrace = new();
    readonly TempFolder _folder = new();

    public void Dispose()
    {
        _millrace.Dispose();
        _folder.Dispose();
    }

    string At(string name, string? content = null)
    {
        if (content is not null) File.WriteAllText(_folder[name], content);
        return _folder[name];
    }

    Task<string> RowsAsync(string table) => _millrace.OkAsync("sql", "from t order by id", "--csv", "-t", $"t={At(table)}");

    [Theory]
    [InlineData("app.sqlite!t")]
    [InlineData("lake.duckdb!t")]
    [InlineData("set")]
    public async Task A_contract_says_who_gives_way(string table)
    {
        var more = At("more.csv", "id,n,extra\n2,6,x\n3,7,\n");
        await _millrace.OkAsync("load", At("first.csv", "id,n\n1,5\n"), At(table));

        var frozen = await _millrace.RunAsync("load", more, At(table), "--contract", "freeze");
        Assert.Equal(ExitCode.Failed, frozen.Code);
        Assert.Contains("extra", frozen.Error, StringComparison.Ordinal);
        Assert.Equal("id,n\n1,5\n", await RowsAsync(table));

        Assert.Contains("1 rejected", await _millrace.OkAsync("load", more, At(table), "--contract", "discard-row", "--rejects", At("rejects.csv")), StringComparison.Ordinal);
        Assert.Equal("id,n\n1,5\n3,7\n", await RowsAsync(table));
        Assert.Equal("Line,Value\n2,x\n", await _millrace.OkAsync("sql", $"select Line, Value from '{At("rejects.csv")}'", "--csv"));

        Assert.Contains("extra", await _millrace.OkAsync("load", At("value.csv", "id,n,extra\n4,8,y\n"), At(table), "--contract", "discard-value"), StringComparison.Ordinal);
        Assert.Equal("id,n\n1,5\n3,7\n4,8\n", await RowsAsync(table));

        await _millrace.OkAsync("load", At("last.csv", "id,n,extra\n5,9,z\n"), At(table), "--contract", "evolve");
        Assert.Equal("id,n,extra\n1,5,\n3,7,\n4,8,\n5,9,z\n", await RowsAsync(table));
    }

    [Fact]
    public async Task A_frozen_table_that_is_not_there_is_not_made()
    {
        var answer = await _millrace.RunAsync("load", At("a.csv", "id\n1\n"), At("app.sqlite!t"), "--contract", "freeze");
        Assert.Equal(ExitCode.Failed, answer.Code);
        Assert.Equal("0\n", (await _millrace.OkAsync("sql", $"select count(*) n from '{At("app.sqlite!sqlite_master")}' where name = 't'", "--csv")).Replace("n\n", "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("1", false)]
    [InlineData("2", true)]
    [InlineData("39.9%", false)]
    [InlineData("40%", true)]
    public async Task Beyond_so_many_refused_rows_nothing_is_loaded(string most, bool isLoaded)
    {
        var path = At("a.csv", "id,n\n1,5\n2,x\n3,7\n4,y\n5,9\n");
        var answer = await _millrace.RunAsync("load", $"{path};n:int32", At("app.sqlite!t"), "--bad", "reject", "--max-rejected", most, "--rejects", At("rejects.csv"));
        Assert.Equal(isLoaded ? ExitCode.Ok : ExitCode.Failed, answer.Code);
        Assert.Contains(isLoaded ? "3 written" : "rows were re", answer.Output + answer.Error, StringComparison.Ordinal);
        Assert.Equal("Line\n3\n5\n", await _millrace.OkAsync("sql", $"select Line from '{At("rejects.csv")}'", "--csv"));
        if (isLoaded) Assert.Equal("id,n\n1,5\n3,7\n5,9\n", await RowsAsync("app.sqlite!t"));
        else Assert.DoesNotContain("\nt\n", await _millrace.OkAsync("sql", $"select name from '{At("app.sqlite!sqlite_master")}'", "--csv"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("There are: evolve, freeze, discard-row, discard-value.", "--contract", "freze")]
    [InlineData("Did you mean 'freeze'?", "--contract", "freze")]
    [InlineData("Write 0, 100 or 5%.", "--max-rejected", "-1")]
    [InlineData("Write 0, 100 or 5%.", "--max-rejected", "101%")]
    [InlineData("Write 0, 100 or 5%.", "--max-rejected", "few")]
    public async Task A_word_that_means_nothing_is_told_the_words_there_are(string remedy, string option, string word)
    {
        Assert.Contains(remedy, await _millrace.RefusedAsync("load", At("a.csv", "id\n1\n"), At("app.sqlite!t"), $"{option}={word}"), StringComparison.Ordinal);
        Assert.False(File.Exists(At("app.sqlite")));
    }

    [Fact]
    public async Task The_help_says_both()
    {
        var help = await _millrace.OkAsync("load", "--help");
        Assert.Contains("--contract", help, StringComparison.Ordinal);
        Assert.Contains("discard-row", help, StringComparison.Ordinal);
        Assert.Contains("--max-rejected", help, StringComparison.Ordinal);
    }
}
