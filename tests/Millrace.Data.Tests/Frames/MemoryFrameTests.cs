namespace Millrace.Data.Tests.Frames;

public sealed class MemoryFrameTests
{
    enum Colour { Red, Green }

    sealed record Inner(int A, string? B);

    sealed record Wide(bool Flag, short S, int I, long L, float F, double D, [Digits(10, 2)] decimal M, string Text, string? Maybe, int? Number,
        DateOnly Date, TimeOnly Time, DateTime Stamp, DateTimeOffset Instant, TimeSpan Span, Guid Id, Colour Colour, byte[] Bytes, Inner Inner, List<int> Numbers, string[] Words, Dictionary<string, int> Map)
    {
        public int Twice => I * 2;
    }

    static Wide Row(int i) => new(i % 2 == 0, (short)i, i, i * 10_000_000_000L, i / 2f, i / 4d, i + 0.25m, $"text {i} ü", i % 3 == 0 ? null : "m", i % 2 == 0 ? null : i,
        new DateOnly(2026, 1, 1).AddDays(i), new TimeOnly(12, 30, 1), new DateTime(2026, 1, 2, 3, 4, 5).AddMicroseconds(i), new DateTimeOffset(1969, 12, 31, 23, 0, 0, TimeSpan.Zero), TimeSpan.FromSeconds(i),
        new Guid(i, 0, 0, new byte[8]), Colour.Green, [1, 2, (byte)i], new Inner(i, i == 1 ? null : "b"), [i, i + 1], ["x", $"{i}"], new() { ["a"] = i });

    [Fact]
    public async Task Rows_of_every_type_come_back_as_they_went_in()
    {
        var rows = Enumerable.Range(1, 40).Select(Row).ToList();
        var read = await Frame.From(rows).ToListAsync(TestContext.Current.CancellationToken);
        Assert.Equivalent(rows, read, strict: true);
        Assert.DoesNotContain("Twice", Frame.From(rows).Schema.Names);
    }

    [Fact]
    public async Task A_single_value_is_a_row_of_one_column()
    {
        var frame = Frame.From(["a", "b"]);
        Assert.Equal(["value"], frame.Schema.Names);
        Assert.Equal(["a", "b"], await frame.ToListAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Anonymous_rows_are_rows()
    {
        var rows = new[] { new { Name = "Ann", Age = (int?)3 }, new { Name = "Bob", Age = (int?)null } };
        Assert.Equal(rows, await Frame.From(rows).ToListAsync(TestContext.Current.CancellationToken));
    }

    sealed record Strict(string Name, int Age);

    [Fact]
    public async Task A_null_in_a_member_that_cannot_be_null_names_column_and_row()
    {
        var rows = new[] { new { Name = "Ann", Age = (int?)3 }, new { Name = "Bob", Age = (int?)null } };
        var error = await Assert.ThrowsAsync<PlanException>(() => Frame.From(rows).As<Strict>().ToListAsync(TestContext.Current.CancellationToken));
        Assert.Equal("Column 'Age' is null in row 2, and int can't be. Declare the property as int?, or fill or filter the nulls first.", error.Message);
    }
}
