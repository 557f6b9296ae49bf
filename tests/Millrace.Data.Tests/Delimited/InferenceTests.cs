using System.Text;

namespace Millrace.Data.Tests.Delimited;

public sealed class InferenceTests : IDisposable
{
    readonly DelimitedBed bed = new();

    public void Dispose() => bed.Dispose();

    [Fact]
    public void Types_are_inferred_from_values()
    {
        var path = bed.Write("""
            flag,n,x,day,clock,at,when,id,code,word,none
            true,1,1.5,2026-01-01,10:00,2026-01-01 10:00,2026-01-01T10:00Z,7d444840-9dc0-11d1-b245-5ffdce74fad2,007,a,
            FALSE,,2,2026-01-02,11:30:05,2026-01-02 11:00:00.5,2026-01-01T10:00+02:00,7d444840-9dc0-11d1-b245-5ffdce74fad3,010,b,
            """);

        Assert.Equal(
            [DataType.Boolean, DataType.Int64, DataType.Float64, DataType.Date, DataType.Time, DataType.Timestamp, DataType.Instant, DataType.Uuid, DataType.Text, DataType.Text, DataType.Text],
            Csv.Open(path, CsvOptions.Default).Schema.Select(f => f.Type));
    }

    [Fact]
    public async Task What_speaks_against_a_type_is_said_with_count_line_and_value()
    {
        var text = new StringBuilder("a,b\n");
        for (var line = 2; line <= 100_001; line++) text.Append(line >= 17 && line % 100 == 17 ? $"abc,{line}.5\n" : $"{line},{line}\n");

        var evidence = await Csv.InspectAsync(bed.Write(text.ToString()), cancel: TestContext.Current.CancellationToken);

        Assert.Equal("1,000 of 100,000 values aren't integers, first at line 17: 'abc'", evidence[0].Sentence);
        Assert.Equal((DataType.Text, 100_000), (evidence[0].Type, evidence[0].Values));
        Assert.Equal("1,000 of 100,000 values aren't integers, first at line 17: '17.5'", evidence[1].Sentence);
        Assert.Equal(DataType.Float64, evidence[1].Type);
    }

    [Fact]
    public async Task A_value_behind_the_sample_fails_by_line_and_never_silently()
    {
        var text = new StringBuilder("a\n");
        for (var i = 0; i < 400_000; i++) text.Append("12345\n");
        text.Append("abc\n");
        var source = Csv.Open(bed.Write(text.ToString()), CsvOptions.Default);

        Assert.Equal(DataType.Int64, source.Schema[0].Type);
        Assert.Equal(400_002, (await Assert.ThrowsAsync<BadDataException>(() => bed.RowsOfAsync(source))).Line);
    }

    [Theory]
    [InlineData("a;b;c\n1;2,5;3\n", 3)]
    [InlineData("a\tb\n1\t2,5,7\n", 2)]
    [InlineData("a|b|c|d\n1|2|3|4\n", 4)]
    [InlineData("a,b\n\"x;y;z\",2\n", 2)]
    [InlineData("alone\n1\n2\n", 1)]
    public void The_delimiter_is_found(string text, int columns) => Assert.Equal(columns, Csv.Open(bed.Write(text), CsvOptions.Default).Schema.Count);

    [Theory]
    [InlineData("1,Thu Aug 19,car\n2,Fri Aug 20,truck\n", "column1,column2,column3")]
    [InlineData("id,day\n1,2026-01-01\n", "id,day")]
    [InlineData("name,kind\na,b\n", "name,kind")]
    public void A_header_is_told_from_a_row(string text, string names) =>
        Assert.Equal(names, string.Join(',', Csv.Open(bed.Write(text), CsvOptions.Default).Schema.Names));

    [Fact]
    public async Task Formats_and_decimal_commas_are_read_where_named()
    {
        var options = new CsvOptions { Delimiter = ';', DecimalSeparator = ',', DateFormat = "dd.MM.yyyy", Types = new Dictionary<string, DataType> { ["price"] = DataType.Decimal(10, 2), ["day"] = DataType.Date } };

        var rows = await bed.RowsAsync("day;price;share\n31.12.2025;1234,5;0,25\n", options);

        Assert.Equal([[new DateOnly(2025, 12, 31), 1234.5m, 0.25]], rows);
    }

    public sealed record Trip(int Id, DateOnly Day, string? Plate, decimal Toll);

    [Fact]
    public async Task A_record_finds_its_columns_by_name_or_by_place()
    {
        var byName = await Csv.Read<Trip>(bed.Write("toll,other,PLATE,day,id\n2.50,x,AB,2026-01-01,7\n", "1.csv")).ToListAsync(TestContext.Current.CancellationToken);
        var byPlace = await Csv.Read<Trip>(bed.Write("7,2026-01-01,AB,2.50\n", "2.csv")).ToListAsync(TestContext.Current.CancellationToken);

        Assert.Equal([new Trip(7, new DateOnly(2026, 1, 1), "AB", 2.5m)], byName);
        Assert.Equal(byName, byPlace);
    }
}
