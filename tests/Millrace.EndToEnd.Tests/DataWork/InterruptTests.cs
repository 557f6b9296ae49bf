using System.Text;
using Millrace.Testing.Servers;
using Npgsql;

namespace Millrace.EndToEnd.Tests.DataWork;

/// <summary>Ctrl-C on a real terminal, in the middle of work that would go on for minutes.</summary>
public sealed class InterruptTests : IDisposable
{
    readonly TempFolder _folder = new();

    public InterruptTests()
    {
        // Many names of one file: a huge input that takes no room.
        Directory.CreateDirectory(_folder["in"]);
        var text = new StringBuilder("id,name,x,part\n");
        for (var i = 0; i < 100_000; i++) text.Append(i).Append(",name ").Append(i % 977).Append(',').Append(i * 7919 % 100_003).Append(',').Append(i % 3).Append('\n');
        File.WriteAllText(_folder["one.csv"], text.ToString());
        for (var i = 0; i < 400; i++) File.CreateSymbolicLink(_folder["in", $"{i:0000}.csv"], _folder["one.csv"]);
        Directory.CreateDirectory(_folder["temp"]);
        Directory.CreateDirectory(_folder["out"]);
    }

    public void Dispose() => _folder.Dispose();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    async Task InterruptAsync(string command, string when, params (string Name, string Value)[] environment)
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("util-linux's script(1) makes the terminal.");
        await using var terminal = PseudoTerminal.Start(_folder.FullPath, $"trap : INT; stty cols 100; stty -g; $MILLRACE {command}; code=$?; stty -g; exit $code", [("TMPDIR", _folder["temp"]), .. environment]);
        await terminal.ShowsAsync(when, Cancel);
        await terminal.TypeAsync(PseudoTerminal.CtrlC);
        var code = await terminal.EndsAsync(Cancel);
        Assert.True(code == 130, $"It ended with {code}: {terminal.Screen[^Math.Min(terminal.Screen.Length, 1_000)..]}");

        var lines = terminal.Screen.ReplaceLineEndings("\n").TrimEnd().Split('\n');
        // The terminal is as it was, and its last line was wiped before the shell wrote on it.
        Assert.EndsWith(lines[0], lines[^1], StringComparison.Ordinal);
        Assert.Contains("\r\u001b[K", terminal.Screen[terminal.Screen.LastIndexOf('░')..], StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(_folder["temp"], "*", SearchOption.AllDirectories), e => Path.GetFileName(e).StartsWith("millrace", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("out.parquet")]
    [InlineData("out.csv.gz")]
    [InlineData("parted --partition-by part")]
    public async Task A_conversion_leaves_no_output(string output)
    {
        await InterruptAsync($"convert 'in/*.csv' out/{output}", " left ");
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["out"]));
    }

    [Fact]
    public async Task A_query_that_reads_stops() => await InterruptAsync("sql \"select name, sum(x) from 'in/*.csv' group by all\"", " left ");

    [Fact]
    public async Task A_sort_that_spills_stops_and_takes_its_files_along() => await InterruptAsync("sql \"from 'in/*.csv' order by hash(x, id), name\" --memory 100MB", " left ");

    [Theory]
    [InlineData("app.sqlite!rows")]
    [InlineData("lake.duckdb!rows")]
    public async Task A_load_of_a_database_file_leaves_no_table(string table)
    {
        await InterruptAsync($"load 'in/*.csv' 'out/{table}' --mode upsert --key id", " left ");
        var file = table.Split('!')[0];
        var list = file.EndsWith("sqlite", StringComparison.Ordinal) ? "sqlite_master" : "information_schema.tables";
        Assert.Equal(0, (await MillraceProcess.RunAsync("sql", $"select count(*) as n from '{_folder["out", file]}!{list}'", "--json")).Json[0].GetProperty("n").GetInt32());
    }

    [Fact]
    public async Task A_load_of_a_dataset_leaves_no_part_of_it()
    {
        await InterruptAsync("load 'in/*.csv' out/rows", " left ");
        Assert.DoesNotContain(Directory.EnumerateFiles(_folder["out"], "*", SearchOption.AllDirectories), f => Path.GetFileName(f) != ".lock");
    }

    [Fact]
    public async Task A_copy_into_PostgreSQL_ends_with_its_session()
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        await InterruptAsync("load 'in/*.csv' 'mart:rows'", " left ", ("MILLRACE_CONNECTION_MART", database.ConnectionString));
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var tables = source.CreateCommand("select count(*) from pg_class where relname in ('rows', 'millrace_staging')");
        Assert.Equal(0L, await tables.ExecuteScalarAsync(Cancel));
    }

    [Theory]
    [InlineData("--csv", "id,name,x,part")]
    [InlineData("--json", "[{\"id\":0,\"name\":\"name 0\",\"x\":0,")]
    public async Task A_reader_that_has_enough_ends_the_query_quietly(string format, string beginning)
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("util-linux's script(1) makes the terminal.");
        await using var terminal = PseudoTerminal.Start(_folder.FullPath, $"{{ $MILLRACE sql \"from 'in/*.csv'\" {format} 2> complaint; echo $? > code; }} | head -c {beginning.Length}");
        Assert.Equal(0, await terminal.EndsAsync(Cancel));
        Assert.Equal(beginning, terminal.Screen);
        Assert.Equal("0\n", await File.ReadAllTextAsync(_folder["code"], Cancel));
        Assert.Equal("", await File.ReadAllTextAsync(_folder["complaint"], Cancel));
    }

    [Fact]
    public async Task Pipes_see_no_progress()
    {
        var answer = await MillraceProcess.RunAsync("convert", _folder["in", "*.csv"].Replace("*", "00*", StringComparison.Ordinal), _folder["out", "out.parquet"]);
        Assert.Equal((0, ""), (answer.ExitCode, answer.Complaint));
        Assert.DoesNotContain('\u001b', answer.Printed);
        Assert.DoesNotContain('\r', answer.Printed);
    }
}
