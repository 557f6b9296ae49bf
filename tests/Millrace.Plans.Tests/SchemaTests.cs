namespace Millrace.Plans.Tests;

public sealed class SchemaTests
{
    [Theory]
    [InlineData("int32")]
    [InlineData("decimal(18,2)")]
    [InlineData("enum<red|\"dark red\">")]
    [InlineData("list<struct<a: int32, \"b c\": map<text, int64?>?>?>")]
    public void A_type_reads_back_from_its_text(string text) => Assert.Equal(text, DataType.Parse(text).ToString());

    [Fact]
    public void A_type_that_is_misspelt_is_refused_at_its_place()
    {
        var wrong = Assert.Throws<PlanException>(() => DataType.Parse("list<int33>"));
        Assert.Contains("'list<int33>'", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Equal_types_are_equal_by_content() =>
        Assert.Equal(DataType.Parse("struct<a: list<text>>"), DataType.Struct(new Field("a", DataType.List(DataType.Text, nullable: false), Nullable: false)));

    [Fact]
    public void A_column_is_found_whatever_the_habit_of_its_spelling()
    {
        var schema = new Schema(new Field("plaza_id", DataType.Int32), new Field("Name", DataType.Text));
        Assert.Equal("plaza_id", schema["PlazaId"].Name);
        Assert.Equal("Name", schema["NAME"].Name);
    }

    [Fact]
    public void A_column_that_is_missing_is_named_with_those_that_are_there()
    {
        var wrong = Assert.Throws<PlanException>(() => new Schema(new Field("a", DataType.Int32))["b"]);
        Assert.Equal("There is no column 'b'. The columns are a.", wrong.Message);
    }

    sealed record Reading(string Station, DateTimeOffset At, double? Celsius, [property: Digits(9, 2)] decimal Price, int[]? Codes);

    [Fact]
    public void A_record_is_a_schema() =>
        Assert.Equal(
            "Station: text, At: instant, Celsius: float64?, Price: decimal(9,2), Codes: list<int32>?",
            RecordSchema.Of<Reading>().ToString());
}
