using System.Text.Json.Nodes;

namespace Millrace.Plans.Tests;

public sealed class RelationTests
{
    static readonly Relation people = new Scan(new Named("people", new Schema(new Field("id", DataType.Int32, false), new Field("name", DataType.Text))));

    [Fact]
    public void A_join_renames_the_right_columns_that_the_left_has_too() =>
        Assert.Equal(
            "id: int32, name: text?, id_right: int32?, name_right: text?",
            new Join(people, people, JoinKind.Left, [new JoinKey(new ColumnExpr("id"), new ColumnExpr("id"))]).Schema.ToString());

    [Fact]
    public void A_copy_with_another_input_has_a_schema_of_its_own()
    {
        var sorted = new Limit(people, 3);
        Assert.Equal(2, sorted.Schema.Count);
        Assert.Single((sorted with { Input = new Project(people, [new NamedExpr("x", new ColumnExpr("id"))]) }).Schema);
    }

    [Fact]
    public void Plans_are_equal_by_content() =>
        Assert.Equal<Relation>(
            new Filter(people, new CallExpr(Functions.Less, [new ColumnExpr("id"), LiteralExpr.Of(5)])),
            new Filter(people, new CallExpr(Functions.Less, [new ColumnExpr("id"), LiteralExpr.Of(5)])));

    [Fact]
    public void Types_that_do_not_meet_are_refused_by_name()
    {
        var wrong = Assert.Throws<PlanException>(() => new Filter(people, new CallExpr(Functions.Less, [new ColumnExpr("id"), new ColumnExpr("name")])).Schema);
        Assert.Equal("'less' doesn't take (int32, text).", wrong.Message);
    }

    sealed record Named(string Kind, Schema Schema) : ISource
    {
        public JsonObject? Describe() => null;
        public IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, CancellationToken cancel) => throw new InvalidOperationException("Nothing reads this.");
    }
}
