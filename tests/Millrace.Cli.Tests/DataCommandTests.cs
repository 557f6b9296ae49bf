using Millrace.Testing.Servers;

namespace Millrace.Cli.Tests;

public sealed class DataCommandTests : IDisposable
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
        var path = Path.Combine(_folder.FullPath, name);
        if (content is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, content);
        }
        return path;
    }

    [Fact]
    public async Task A_file_is_queried_by_its_path_and_drawn_with_its_types()
    {
        var people = At("people.csv", "city,age\nUlm,40\nBonn,7\nUlm,2\n");
        var drawn = await _millrace.OkAsync("sql", $"select city, sum(age)::bigint as years from '{people}' group by all order by city");
        Assert.Equal(
            """
            city  |  years
            text? | int64?
            ------+-------
            Bonn  |      7
            Ulm   |     42
            2 rows

            """.ReplaceLineEndings("\n"), drawn.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Rows_are_printed_for_programs_too()
    {
        var people = At("people.jsonl", """{"name":"Ann, \"A\"","tags":["x","y"]}""" + "\n" + """{"name":"","tags":null}""");
        Assert.Equal("name,tags\n\"Ann, \"\"A\"\"\",\"[\"\"x\"\",\"\"y\"\"]\"\n\"\",\n", await _millrace.OkAsync("sql", $"from '{people}'", "--csv"));
        var json = (await _millrace.RunAsync("sql", $"from '{people}'", "--json")).Json;
        Assert.Equal("""[{"name":"Ann, \"A\"","tags":["x","y"]},{"name":"","tags":null}]""", json.GetRawText());
    }

    [Fact]
    public async Task What_becomes_of_bad_values_is_said_to_a_query_as_to_a_load()
    {
        var codes = At("codes.csv", "id,name\n1,a\nx,b\n3,c\n");
        string[] query = ["sql", "from codes", "-t", $"codes={codes};id:int32"];
        Assert.Contains("line 3", (await _millrace.RunAsync([.. query, "--csv"])).Error, StringComparison.Ordinal);

        var drawn = await _millrace.OkAsync([.. query, "--bad", "reject", "--rejects", At("rejects.csv")]);
        Assert.Contains($"2 rows, 1 rejected\n  rejected 1: not int32 (csv), e.g. {codes}, line 3: id 'x': ", drawn.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("not int32,csv,id,x,", File.ReadAllText(At("rejects.csv")), StringComparison.Ordinal);
        Assert.Equal("id,name\n1,a\n,b\n3,c\n", await _millrace.OkAsync([.. query, "--bad", "null", "--csv"]));

        var printed = await _millrace.RunAsync([.. query, "--bad", "reject", "--csv"]);
        Assert.Equal("id,name\n1,a\n3,c\n", printed.Output);
        Assert.StartsWith("1 rejected\n  rejected 1: not int32 (csv)", printed.Error.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("--bad 'what' is none of fail, reject and null", await _millrace.RefusedAsync([.. query, "--bad", "what"]), StringComparison.Ordinal);
        Assert.Contains("2 rows written, 1 rejected", await _millrace.OkAsync("convert", $"{codes};id:int32", At("out.csv"), "--bad", "reject"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_file_is_read_by_two_schemas()
    {
        var codes = At("codes.csv", "id\n007\n008\n");
        var rows = await _millrace.OkAsync("sql", "select t.id as said, n.id as number from t join n on cast(t.id as int) = n.id order by 1", "--csv", "-t", $"t={codes};id:text", "-t", $"n={codes};id:int64");
        Assert.Equal("said,number\n007,7\n008,8\n", rows);
    }

    [Fact]
    public async Task A_query_that_can_not_be_says_why_and_prints_nothing()
    {
        var people = At("people.csv", "city\nUlm\n");
        Assert.Contains("\"town\" not found", await _millrace.RefusedAsync("sql", $"select town from '{people}'"), StringComparison.Ordinal);
        Assert.Contains($"There is no file '{At("none.csv")}'.", await _millrace.RefusedAsync("sql", $"from '{At("none.csv")}'"), StringComparison.Ordinal);
        Assert.Contains("name=place", await _millrace.RefusedAsync("sql", "from x", "--table", "x"), StringComparison.Ordinal);
        Assert.Contains("MILLRACE_CONNECTION_NOWHERE", (await _millrace.RunAsync("sql", "from x", "--table", "x=nowhere:orders")).Error, StringComparison.Ordinal);
        Assert.Contains("--memory '2'", await _millrace.RefusedAsync("sql", "select 1", "--memory", "2"), StringComparison.Ordinal);
        Assert.Contains("16MB or more", await _millrace.RefusedAsync("sql", "select 1", "--memory", "1MB"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_is_one_table_with_its_partitions_as_columns()
    {
        At("sales/year=2025/a.csv", "amount\n1\n");
        At("sales/year=2026/b.csv", "amount\n2\n3\n");
        Assert.Equal("year,amount\n2025,1\n2026,5\n", await _millrace.OkAsync("sql", $"select year, sum(amount)::bigint as amount from '{At("sales")}' group by all order by all", "--csv"));
    }

    [Fact]
    public async Task A_file_goes_through_every_format_and_stays_the_same()
    {
        var content = "id,name,at,price\n1,Ann,2026-01-02T03:04:05Z,1.5\n2,\"a, b\",2026-01-02T03:04:06Z,\n";
        var path = At("people.csv", content);
        foreach (var next in new[] { "people.parquet", "people.jsonl.gz", "people.json", "people.tsv", "people.xlsx", "back.csv" })
        {
            await _millrace.OkAsync("convert", path, At(next));
            path = At(next);
        }
        var (before, after) = (await _millrace.OkAsync("sql", $"from '{At("people.csv")}'", "--csv"), await _millrace.OkAsync("sql", $"from '{path}'", "--csv"));
        // A workbook's times have no zone: the instant comes back as what its clock showed.
        Assert.Equal(before.Replace("Z,", ",", StringComparison.Ordinal), after.Replace("Z,", ",", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_bad_value_stops_a_conversion_and_leaves_nothing()
    {
        var path = At("bad.csv", "id,n\n1,5\n2,x\n");
        var answer = await _millrace.RunAsync("convert", $"{path};n:int32", At("out.parquet"));
        Assert.Equal(ExitCode.Failed, answer.Code);
        Assert.Contains("bad.csv, line 3, column 'n', value 'x'", answer.Error, StringComparison.Ordinal);
        Assert.Equal([path], Directory.GetFiles(_folder.FullPath));
    }

    [Fact]
    public async Task Refused_rows_are_counted_and_kept()
    {
        var path = At("bad.csv", "id,n\n1,5\n2,x\n3,7\n");
        var report = (await _millrace.RunAsync("convert", $"{path};n:int32", At("out.csv"), "--bad", "reject", "--rejects", At("rejects.jsonl"), "--json")).Json;
        Assert.Equal((3, 2, 1), (report.GetProperty("rowsIn").GetInt64(), report.GetProperty("rowsWritten").GetInt64(), report.GetProperty("rejected").GetInt64()));
        Assert.Equal("Line,Value\n3,x\n", await _millrace.OkAsync("sql", $"select Line, Value from '{At("rejects.jsonl")}'", "--csv"));
    }

    [Fact]
    public async Task A_table_is_loaded_again_without_a_change()
    {
        var (path, table) = (At("things.csv", "id,n\n1,5\n2,6\n"), $"{At("app.sqlite")}!things");
        Assert.Contains("2 rows in, 2 written", await _millrace.OkAsync("load", path, table, "--mode", "upsert", "--key", "id"), StringComparison.Ordinal);
        At("things.csv", "id,n\n1,5\n2,7\n3,8\n");
        var again = (await _millrace.RunAsync("load", path, table, "--mode", "upsert", "--key", "id", "--json")).Json;
        Assert.Equal((3, 2, 1, 1), (again.GetProperty("rowsIn").GetInt64(), again.GetProperty("rowsWritten").GetInt64(), again.GetProperty("changed").GetInt64(), again.GetProperty("unchanged").GetInt64()));
        Assert.Equal("id,n\n1,5\n2,7\n3,8\n", await _millrace.OkAsync("sql", "from t order by id", "--csv", "-t", $"t={table}"));
        Assert.Contains("isn't a way to load", await _millrace.RefusedAsync("load", path, table, "--mode", "upsrt"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lake.duckdb!things")]
    [InlineData("things")]
    public async Task A_database_file_and_a_dataset_are_loaded_and_queried_alike(string target)
    {
        var path = At("in.csv", "id,n\n1,5\n2,6\n");
        await _millrace.OkAsync("load", path, At(target), "--mode", "upsert", "--key", "id");
        At("in.csv", "id,n\n2,7\n3,8\n");
        await _millrace.OkAsync("load", path, At(target), "--mode", "upsert", "--key", "id");
        Assert.Equal("id,n\n1,5\n2,7\n3,8\n", await _millrace.OkAsync("sql", "from t order by id", "--csv", "-t", $"t={At(target)}"));
    }

    [Fact]
    public async Task Several_statements_print_one_after_the_other()
    {
        Assert.Equal("a\n1\n\nb\n;\n", await _millrace.OkAsync("sql", "select 1 a; select ';' b; -- no more", "--csv"));
        Assert.Equal("[[{\"a\":1}],[{\"b\":2}]]\n", await _millrace.OkAsync("sql", "select 1 a; select 2 b", "--json"));
        Assert.Equal(2, (await _millrace.OkAsync("sql", "select 1 a; select 2 b")).Split("1 row").Length - 1);
        Assert.Contains("\"nope\"", await _millrace.RefusedAsync("sql", "select 1 a; select nope"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_option_prints_nothing_of_several_statements()
    {
        string[] query = ["sql", "select 1 a; select 2 b"];
        Assert.Contains("--bad 'what'", await _millrace.RefusedAsync([.. query, "--bad", "what", "--json"]), StringComparison.Ordinal);
        Assert.Contains("--memory", await _millrace.RefusedAsync([.. query, "--memory", "much", "--explain"]), StringComparison.Ordinal);
        Assert.Contains("there are 2 queries", await _millrace.RefusedAsync([.. query, "--rejects", At("rejects.csv")]), StringComparison.Ordinal);
        Assert.False(File.Exists(At("rejects.csv")));
    }

    [Fact]
    public async Task A_query_is_read_from_a_file()
    {
        Assert.Equal("a\n1\n", await _millrace.OkAsync("sql", "--file", At("query.sql", "select 1 a;\n"), "--csv"));
        Assert.Contains("--file", await _millrace.RefusedAsync("sql", "select 1", "--file", At("query.sql")), StringComparison.Ordinal);
        Assert.Contains("There is no query", await _millrace.RefusedAsync("sql", "  -- nothing"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_wrong_with_a_query_is_shown_at_its_place()
    {
        Assert.Equal("Parser Error: syntax error at or near \"c\"\n\nLINE 2: a b c\n            ^\n", (await _millrace.RefusedAsync("sql", "select\na b c")).ReplaceLineEndings("\n"));
        Assert.Contains("Only a statement that gives rows", await _millrace.RefusedAsync("sql", "create table x (a int)"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Five_places_of_different_kinds_are_joined_in_one_query()
    {
        var ids = At("ids.csv", "id\n1\n2\n");
        foreach (var table in (string[])["app.sqlite!ids", "lake.duckdb!ids", "dataset"]) await _millrace.OkAsync("load", ids, At(table));
        foreach (var part in (string[])["part=1", "part=2"]) await _millrace.OkAsync("convert", ids, At($"{part}/x.parquet"));
        Assert.Equal("id,part\n2,1\n2,2\n", await _millrace.OkAsync("sql",
            $"select a.id, part from '{ids}' a join '{At("app.sqlite!ids")}' b using (id) join '{At("lake.duckdb!ids")}' c using (id), '{At("dataset")}' d join '{At("part=*/x.parquet")}' e using (id) where a.id = 2 and d.id = 2 order by all", "--csv"));
    }

    [Fact]
    public async Task A_place_that_is_several_things_says_what_to_name_instead()
    {
        At("mixed/a.csv", "a\n1\n");
        At("mixed/b.json", """[{"a":3}]""");
        var mixed = await _millrace.RefusedAsync("sql", $"from '{At("mixed")}'");
        Assert.Contains("a.csv' and '", mixed, StringComparison.Ordinal);
        Assert.Contains("'**/*.csv'", mixed, StringComparison.Ordinal);
        await _millrace.OkAsync("load", At("mixed/a.csv"), At("app.sqlite!rows"));
        Assert.Contains("!sqlite_master' lists what is in it", await _millrace.RefusedAsync("sql", $"from '{At("app.sqlite")}'"), StringComparison.Ordinal);
        Assert.Equal("name\nrows\n", await _millrace.OkAsync("sql", $"select name from '{At("app.sqlite!sqlite_master")}' where type = 'table'", "--csv"));
    }

    [Fact]
    public async Task Numbers_that_dotnet_cannot_hold_are_printed_in_full()
    {
        const string Digits = "99999999999999999999999999999999999999", Query = $"select {Digits}::decimal(38,0) x, [{Digits}::decimal(38,0)] y";
        Assert.Contains($"{Digits} | [{Digits}]", await _millrace.OkAsync("sql", Query), StringComparison.Ordinal);
        Assert.Equal($"x,y\n{Digits},[{Digits}]\n", await _millrace.OkAsync("sql", Query, "--csv"));
        Assert.Equal($"[{{\"x\":{Digits},\"y\":[{Digits}]}}]\n", await _millrace.OkAsync("sql", Query, "--json"));
    }

    [Theory]
    [InlineData("--key id,day", "upsert")]
    [InlineData("--bookmark updated_at", "incremental")]
    [InlineData("--mode incremental", "append", "--bookmark", "id")]
    [InlineData("There are: id, n.", "upsert", "--key", "nope")]
    [InlineData("There are: id, n.", "incremental", "--bookmark", "nope")]
    public async Task A_load_that_lacks_something_is_told_the_option(string remedy, string mode, params string[] options)
    {
        var path = At("in.csv", "id,n\n1,5\n");
        Assert.Contains(remedy, (await _millrace.RefusedAsync(["load", path, At("app.sqlite!t"), "--mode", mode, .. options])).Replace("station,day", "id,day", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.False(File.Exists(At("app.sqlite")));
    }

    [Theory]
    [InlineData("app.sqlite!t")]
    [InlineData("lake.duckdb!t")]
    public async Task A_key_that_is_there_already_names_the_modes_for_it(string table)
    {
        var path = At("in.csv", "id,n\n1,5\n");
        await _millrace.OkAsync("load", path, At(table), "--key", "id");
        var again = await _millrace.RunAsync("load", path, At(table), "--key", "id");
        Assert.Equal(ExitCode.Failed, again.Code);
        Assert.Contains("load by insert-only to leave it, or by upsert to change it", again.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("parquet")]
    [InlineData("csv")]
    [InlineData("jsonl")]
    public async Task A_conversion_parts_its_files_by_columns(string format)
    {
        var path = At("in.csv", "year,n\n2025,1\n2026,2\n2026,3\n");
        await _millrace.OkAsync("convert", path, At("out"), "--partition-by", "year", "--format", format);
        Assert.True(Directory.Exists(At("out/year=2026")));
        Assert.Equal("year,n\n2025,1\n2026,2\n2026,3\n", await _millrace.OkAsync("sql", $"select year, n from '{At("out")}' order by all", "--csv"));
        Assert.Contains("There are: year, n.", await _millrace.RefusedAsync("convert", path, At("out"), "--partition-by", "yaer"), StringComparison.Ordinal);
        Assert.Contains("Name a folder", await _millrace.RefusedAsync("convert", path, At("out.csv"), "--partition-by", "year"), StringComparison.Ordinal);
        Assert.Contains("--partition-by", await _millrace.RefusedAsync("convert", path, At("out.csv"), "--format", "csv"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_rows_of_a_folder_are_rejected_as_those_of_a_file_are()
    {
        At("in/a.csv", "id,n\n1,5\n2,x\n");
        var report = (await _millrace.RunAsync("convert", $"{At("in")};n:int32", At("out.csv"), "--bad", "reject", "--json")).Json;
        Assert.Equal((1, 1), (report.GetProperty("rowsWritten").GetInt64(), report.GetProperty("rejected").GetInt64()));
    }
}
