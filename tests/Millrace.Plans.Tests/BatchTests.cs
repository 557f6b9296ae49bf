namespace Millrace.Plans.Tests;

public sealed class BatchTests
{
    [Fact]
    public void Values_come_back_as_they_went_in()
    {
        var row = new object?[]
        {
            true, (short)-3, 7, long.MaxValue, 1.5f, double.NaN, -12.34m, "Zürich", new byte[] { 0, 255 }, new DateOnly(1969, 12, 31),
            new TimeOnly(23, 59, 59), new DateTime(1960, 1, 2, 3, 4, 5), new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
            TimeSpan.FromSeconds(-90), Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), new List<object?> { 1, null },
        };
        var schema = new Schema(
            "boolean int16 int32 int64 float32 float64 decimal(9,2) text binary date time timestamp instant duration uuid list<int32?>"
                .Split(' ').Select((t, i) => new Field($"c{i}", DataType.Parse(t))));

        using var batch = new BatchBuilder(schema).Add(row).Add(new object?[row.Length]).Build();

        Assert.Equal(row, batch.Row(0));
        Assert.All(batch.Row(1), Assert.Null);
    }

    [Fact]
    public void A_decimal_with_more_digits_than_its_column_is_refused()
    {
        var builder = ColumnBuilder.For(DataType.Decimal(5, 2));
        var wrong = Assert.Throws<PlanException>(() => builder.AddValue(1.234m));
        Assert.Equal("1.234 (Decimal) isn't a value of decimal(5,2).", wrong.Message);
    }

    [Fact]
    public void Memory_is_given_back_when_its_last_owner_is_done()
    {
        var given = 0;
        var memory = new BatchMemory();
        memory.Hold(new Notice(() => given++));
        var batch = new Batch(new Schema(new Field("a", DataType.Int32)), 3, [new Column<int>(DataType.Int32, new[] { 1, 2, 3 })], memory);

        var slice = batch.Slice(1, 2);
        batch.Dispose();
        Assert.Equal(0, given);
        Assert.Equal([2, 3], ((Column<int>)slice[0]).Values.ToArray());
        slice.Dispose();
        Assert.Equal(1, given);
    }

    sealed class Notice(Action told) : IDisposable
    {
        public void Dispose() => told();
    }
}
