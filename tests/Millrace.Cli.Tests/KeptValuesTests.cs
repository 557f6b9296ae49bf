namespace Millrace.Cli.Tests;

public sealed class KeptValuesTests : IDisposable
{
    readonly CommandLineDriver _millrace = new();

    public void Dispose() => _millrace.Dispose();

    [Fact]
    public async Task A_home_that_nobody_has_used_is_not_made_by_looking_at_it()
    {
        var answer = await _millrace.RunAsync("runs", "list");
        Assert.Equal(ExitCode.Unavailable, answer.Code);
        Assert.Contains("There is no Millrace in", answer.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_millrace.Home));
    }

    [Fact]
    public async Task A_variable_is_set_listed_read_and_deleted()
    {
        await _millrace.OkAsync("variables", "set", "rate", "1.19", "--description", "VAT");
        Assert.Equal("1.19", (await _millrace.OkAsync("variables", "get", "rate")).Trim());
        var listed = (await _millrace.RunAsync("variables", "list", "--json")).Json;
        Assert.Equal(("rate", "1.19", "VAT"), (listed[0].GetProperty("key").GetString(), listed[0].GetProperty("value").GetString(), listed[0].GetProperty("description").GetString()));
        Assert.Contains("Did you mean 'rate'?", await _millrace.RefusedAsync("variables", "get", "ratee"), StringComparison.Ordinal);
        await _millrace.OkAsync("variables", "delete", "rate");
        await _millrace.RefusedAsync("variables", "get", "rate");
    }

    [Fact]
    public async Task A_pool_is_made_resized_and_deleted_but_never_the_default_one()
    {
        await _millrace.OkAsync("pools", "set", "warehouse", "3", "--description", "Connections");
        await _millrace.OkAsync("pools", "set", "warehouse", "5");
        var pool = (await _millrace.RunAsync("pools", "list", "--json")).Json.EnumerateArray().Single(pool => pool.GetProperty("name").GetString() == "warehouse");
        Assert.Equal((5, "Connections"), (pool.GetProperty("slots").GetInt32(), pool.GetProperty("description").GetString()));
        await _millrace.OkAsync("pools", "delete", "warehouse");
        Assert.Contains("can't be deleted", await _millrace.RefusedAsync("pools", "delete", "default"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_read_as_well_without_a_terminal()
    {
        await _millrace.OkAsync("variables", "set", "a", "one");
        await _millrace.OkAsync("variables", "set", "longer", "[red]two[/]");
        Assert.Equal(["KEY     VALUE        DESCRIPTION", "a       one          -", "longer  [red]two[/]  -"],
            (await _millrace.OkAsync("variables", "list")).ReplaceLineEndings("\n").TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task The_store_is_migrated_and_checked()
    {
        await _millrace.OkAsync("db", "migrate");
        var health = (await _millrace.RunAsync("db", "check", "--json")).Json;
        Assert.Equal("sqlite", health.GetProperty("kind").GetString());
        Assert.Equal(0, health.GetProperty("problems").GetArrayLength());
        Assert.Contains("0 runs", await _millrace.OkAsync("db", "clean", "--before", "today"), StringComparison.Ordinal);
    }
}
