using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Frames;

/// <summary>A number with more digits than its property keeps is an error that says how to keep them, and is rounded nowhere.</summary>
public sealed class DecimalTests : IDisposable
{
    const string Behind = "1.123456789", Before = "123456789012345678901.5", Fits = "1.12345678";

    readonly TempFolder folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    public sealed record Price(int Id, decimal Amount);

    public sealed record Exact(int Id, [Digits(38, 15)] decimal Amount);

    public sealed record Count(int Id, int Amount);

    string Write(string kind, string value)
    {
        var path = folder["prices." + kind];
        if (kind == "xlsx") Frame.From([new { Id = 1, Amount = value }]).WriteAsync(path, Cancel).GetAwaiter().GetResult();
        else File.WriteAllText(path, kind switch
        {
            "csv" => $"Id,Amount\n1,{value}\n",
            "jsonl" => $"{{\"Id\":1,\"Amount\":{value}}}\n",
            _ => $"<prices>\n<price><Id>1</Id><Amount>{value}</Amount></price></prices>",
        });
        return path;
    }

    static Frame<T> Read<T>(string path) => Path.GetExtension(path) switch
    {
        ".csv" => Csv.Read<T>(path),
        ".jsonl" => JsonLines.Read<T>(path),
        ".xlsx" => Excel.Read<T>(path),
        _ => Xml.Read<T>(path, "price"),
    };

    [Theory]
    [InlineData("csv", 2)]
    [InlineData("jsonl", 1)]
    [InlineData("xlsx", 2)]
    [InlineData("xml", 2)]
    public async Task Files_fail_or_reject_by_line_and_name_the_attribute(string kind, int line)
    {
        foreach (var value in (string[])[Behind, Before])
        {
            var prices = Read<Price>(Write(kind, value));

            var bad = await Assert.ThrowsAsync<BadDataException>(() => prices.ToListAsync(Cancel));
            Assert.Equal((line, "Amount", value), ((int)bad.Line!, bad.Column, bad.Value));
            Assert.Contains("[Digits(precision, scale)]", bad.Message, StringComparison.Ordinal);

            using var rejects = new RejectLog();
            Assert.Empty(await prices.ToListAsync(new RunContext { Bad = Bad.Reject, Rejects = rejects }, Cancel));
            var reject = Assert.Single(rejects.All);
            Assert.Equal(((long)line, "Amount", value), (reject.Line!.Value, reject.Column!, reject.Value!));
            Assert.Contains("[Digits(precision, scale)]", reject.Message, StringComparison.Ordinal);
        }
        Assert.Equal([new Price(1, 1.12345678m)], await Read<Price>(Write(kind, Fits)).ToListAsync(Cancel));
        Assert.Equal([new Exact(1, 1.123456789m)], await Read<Exact>(Write(kind, Behind)).ToListAsync(Cancel));
    }

    [Fact]
    public async Task A_value_that_is_no_number_is_not_told_to_take_more_digits()
    {
        var bad = await Assert.ThrowsAsync<BadDataException>(() => Read<Price>(Write("csv", "much")).ToListAsync(Cancel));
        Assert.DoesNotContain("Digits", bad.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Behind)]
    [InlineData(Before)]
    public async Task Rows_of_the_process_fail_and_name_the_attribute(string value)
    {
        var amount = decimal.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
        var error = await Assert.ThrowsAsync<PlanException>(() => Frame.From([new Price(1, amount)]).ToListAsync(Cancel));
        Assert.Contains("[Digits(precision, scale)]", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("REAL", Behind)]
    [InlineData("REAL", Before)]
    [InlineData("TEXT", Behind)]
    [InlineData("TEXT", Before)]
    public async Task SQLite_columns_of_another_type_are_not_rounded_into_a_property(string type, string value)
    {
        var error = await Assert.ThrowsAsync<RowException>(() => Sqlite.Open(Table(type, value)).Table("t").Read<Price>().ToListAsync(Cancel));
        Assert.Contains("[Digits(precision, scale)]", error.Message, StringComparison.Ordinal);
        Assert.Equal([new Price(1, 1.12345678m)], await Sqlite.Open(Table(type, Fits)).Table("t").Read<Price>().ToListAsync(Cancel));
    }

    [Fact]
    public async Task SQLite_numbers_keep_their_digits_or_are_refused_by_the_column()
    {
        Assert.Equal([new Price(1, 1.123456789m)], await Sqlite.Open(Table("DECIMAL", Behind)).Table("t").Read<Price>().ToListAsync(Cancel));
        Assert.Equal([new Price(1, 19.99m)], await Sqlite.Open(Table("DECIMAL(10,2)", "19.99")).Table("t").Read<Price>().ToListAsync(Cancel));
        var error = await Assert.ThrowsAsync<DatabaseException>(() => Sqlite.Open(Table("DECIMAL(10,2)", "2.555")).Table("t").Read<Price>().ToListAsync(Cancel));
        Assert.Contains("'2.555', which isn't a value of decimal(10,2)", error.Message, StringComparison.Ordinal);
    }

    string Table(string type, string value)
    {
        File.Delete(folder["a.db"]);
        using var file = new SqliteConnection(folder["a.db"], create: true);
        file.Execute($"create table t (Id int4, Amount {type})");
        file.Execute($"insert into t values (1, {(type == "TEXT" ? $"'{value}'" : value)})");
        return folder["a.db"];
    }

    [Fact]
    public async Task PostgreSQL_numbers_keep_their_own_scale_and_others_are_not_rounded()
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        var server = Postgres.Connect(database.ConnectionString);

        Assert.Equal("decimal(38,12)?", server.Query("select 1.123456789012::numeric(38,12) as amount").Schema["amount"].TypeText);
        Assert.Equal([1.123456789012m], await Frame.From(server.Query("select 1.123456789012::numeric(38,12) as amount")).As<decimal>().ToListAsync(Cancel));
        await Assert.ThrowsAsync<DatabaseException>(() => Frame.From(server.Query("select 1.12345678901234::numeric as amount")).As<decimal>().ToListAsync(Cancel));
        foreach (var type in (string[])["float8", "text"])
        {
            Assert.Equal([new Price(1, 1.12345678m)], await server.Query($"select 1 as id, '{Fits}'::{type} as amount").Read<Price>().ToListAsync(Cancel));
            foreach (var value in (string[])[Behind, Before])
            {
                var error = await Assert.ThrowsAsync<RowException>(() => server.Query($"select 1 as id, '{value}'::{type} as amount").Read<Price>().ToListAsync(Cancel));
                Assert.Contains("[Digits(precision, scale)]", error.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Parquet_decimals_keep_their_own_scale()
    {
        await Frame.From([new Exact(1, 1.123456789012345m)]).WriteAsync(folder["a.parquet"], Cancel);
        Assert.Equal(DataType.Decimal(38, 15), Parquet.Read(folder["a.parquet"]).Schema["Amount"].Type);
        Assert.Equal([new Price(1, 1.123456789012345m)], await Parquet.Read<Price>(folder["a.parquet"]).ToListAsync(Cancel));
    }

    [Fact]
    public async Task Items_and_parts_are_not_rounded_either()
    {
        var lists = Frame.From([new { Id = 1, Numbers = new List<double> { 1, 2.5 } }]).Untyped;
        Assert.Contains("Nothing is rounded unasked", (await Assert.ThrowsAsync<RowException>(() => lists.As<Whole>().ToListAsync(Cancel))).Message, StringComparison.Ordinal);
        var parts = Frame.From([new { Id = 1, Inner = new { Number = 2.5 } }]).Untyped;
        Assert.Contains("Nothing is rounded unasked", (await Assert.ThrowsAsync<RowException>(() => parts.As<Outer>().ToListAsync(Cancel))).Message, StringComparison.Ordinal);

        var whole = await Frame.From([new { Id = 1, Numbers = new List<double> { 1, 2 } }]).Untyped.As<Whole>().ToListAsync(Cancel);
        Assert.Equal([1, 2], Assert.Single(whole).Numbers);
        Assert.Equal([new Outer(1, new Inner(2))], await Frame.From([new { Id = 1, Inner = new { Number = 2.0 } }]).Untyped.As<Outer>().ToListAsync(Cancel));
        // Whoever writes the cast has it rounded.
        Assert.Equal([1, 3], (await lists.Cast("Numbers", DataType.List(DataType.Int32, nullable: false)).As<Whole>().ToListAsync(Cancel))[0].Numbers);
    }

    sealed record Whole(int Id, List<int> Numbers);

    sealed record Outer(int Id, Inner Inner);

    sealed record Inner(int Number);

    [Fact]
    public async Task A_property_that_is_a_whole_number_takes_no_fraction()
    {
        var halves = Frame.From([new { Id = 1, Amount = 2.5 }]).Untyped;
        var error = await Assert.ThrowsAsync<RowException>(() => halves.As<Count>().ToListAsync(Cancel));
        Assert.Contains("Nothing is rounded unasked", error.Message, StringComparison.Ordinal);
        Assert.Equal([new Count(1, 3)], await halves.Cast("Amount", DataType.Int32).As<Count>().ToListAsync(Cancel));
        Assert.Equal([new Count(1, 2)], await Frame.From([new { Id = 1, Amount = 2.0 }]).Untyped.As<Count>().ToListAsync(Cancel));
        Assert.Equal([new Count(1, 2)], await Frame.From([new { Id = 1, Amount = 2.00m }]).Untyped.As<Count>().ToListAsync(Cancel));
    }
}
