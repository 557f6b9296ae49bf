namespace Millrace.Plans.Tests;

public sealed class PairingTests
{
    [Fact]
    public async Task Rows_are_paired_by_position_whatever_the_sizes_of_batches()
    {
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var random = new Random(seed);
        foreach (var (left, right) in new[] { (1000, 1000), (1000, 700), (0, 5), (5, 0), (0, 0), (1, 1000) })
        {
            var join = new Join(new Scan(new Numbers("a", left, random)), new Scan(new Numbers("b", right, random)), JoinKind.Positional);
            var rows = new List<(object? A, object? B)>();
            await foreach (var batch in new StreamingEngine().RunAsync(join, new RunContext(), TestContext.Current.CancellationToken))
            {
                using (batch)
                {
                    for (var row = 0; row < batch.Count; row++) rows.Add((batch["a"].ValueAt(row), batch["b"].ValueAt(row)));
                }
            }

            Assert.Equal(Enumerable.Range(0, Math.Max(left, right)).Select(i => (i < left ? (object?)(long)i : null, i < right ? (object?)(long)i : null)), rows);
        }
    }

    sealed class Numbers(string name, int count, Random random) : ISource
    {
        public string Kind => "numbers";
        public Schema Schema { get; } = new(new Field(name, DataType.Int64, Nullable: false));
        public System.Text.Json.Nodes.JsonObject? Describe() => null;

        public async IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
        {
            for (var from = 0; from < count;)
            {
                await Task.Yield();
                var size = Math.Min(random.Next(0, 50), count - from);
                var builder = new BatchBuilder(Schema);
                for (var i = 0; i < size; i++) builder.Add((long)(from + i));
                from += size;
                yield return builder.Build();
            }
        }
    }
}
