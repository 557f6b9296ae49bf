namespace Millrace.Assets;

public class AssetTests
{
    static readonly Asset A = new("a"), B = new("b"), C = new("c", "s3://lake/c");

    [Theory]
    [InlineData("", "An asset has an empty name. Give it one, such as 'orders'.")]
    [InlineData(" orders", "Asset name ' orders' starts or ends with a space or has a control character. Remove it.")]
    [InlineData("or\tders", "Asset name 'or\tders' starts or ends with a space or has a control character. Remove it.")]
    public void A_bad_name_is_refused(string name, string message) =>
        Assert.StartsWith(message, Assert.Throws<ArgumentException>(() => new Asset(name)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_name_has_at_most_250_characters()
    {
        Assert.Equal(250, new Asset(new string('a', 250)).Name.Length);
        Assert.Contains("has 251 characters", Assert.Throws<ArgumentException>(() => new Asset(new string('a', 251))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_relative_uri_is_refused() =>
        Assert.Contains("'orders.csv', which is not absolute", Assert.Throws<ArgumentException>(() => new Asset("orders", "orders.csv")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("", false)]
    [InlineData("a", false)]
    [InlineData("a b", true)]
    [InlineData("c", true)]
    [InlineData("b c", true)]
    public void A_condition_holds_when_its_assets_were_updated(string updated, bool holds) =>
        Assert.Equal(holds, ((A & B) | C).IsSatisfied(updated.Split(' ').Contains));

    [Fact]
    public void Conditions_that_say_the_same_are_equal_and_flat()
    {
        Assert.Equal(AssetCondition.All(A, B, C), A & B & C);
        Assert.Equal((A | B) & C, (A | B) & C);
        Assert.NotEqual((A | B) & C, (A & B) | C);
        Assert.Equal((A & B & C).GetHashCode(), AssetCondition.All(A, B, C).GetHashCode());
        Assert.Equal("(a & b) | c", ((A & B) | C).ToString());
    }

    [Fact]
    public void A_condition_names_each_asset_once() =>
        Assert.Equal([A, B, C], ((A & B) | (B & C) | A).Assets);

    [Fact]
    public void A_condition_of_nothing_is_refused() =>
        Assert.Throws<ArgumentException>(() => AssetCondition.All());
}
