using System.Runtime.CompilerServices;

namespace Millrace.Plans.Tests;

public sealed class PipelineTests
{
    [Fact]
    public async Task Results_come_in_the_order_of_the_input_whoever_is_done_first()
    {
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var spins = Enumerable.Range(0, 500).Select(_ => random.Next(20_000)).ToArray();

        var results = await Pipeline.Ordered(Numbers(spins.Length), 4, n =>
        {
            Thread.SpinWait(spins[n]);
            return n;
        }, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);

        Assert.Equal(Enumerable.Range(0, spins.Length), results);
    }

    [Fact]
    public async Task A_slow_taker_holds_the_input_back()
    {
        var started = 0;
        await foreach (var n in Pipeline.Ordered(Numbers(1000, _ => started++), 2, n => n, TestContext.Current.CancellationToken))
        {
            // Two at work, three that wait, one that the poster holds, and this one.
            Assert.InRange(started, n, n + 7);
        }
        Assert.Equal(1000, started);
    }

    [Fact]
    public async Task An_error_comes_behind_the_results_before_it_and_releases_those_after_it()
    {
        var held = 0;
        Item Held(int n)
        {
            Interlocked.Increment(ref held);
            return new Item(n, () => Interlocked.Decrement(ref held));
        }
        var taken = new List<int>();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (var item in Pipeline.Ordered(Numbers(100), 3, n => n == 10 ? throw new InvalidOperationException("ten") : Held(n), TestContext.Current.CancellationToken))
            {
                taken.Add(item.Number);
                item.Dispose();
            }
        });

        Assert.Equal("ten", error.Message);
        Assert.Equal(Enumerable.Range(0, 10), taken);
        Assert.Equal(0, held);
    }

    [Fact]
    public async Task A_taker_that_stops_early_ends_the_input_and_releases_the_rest()
    {
        var (held, ended) = (0, false);
        Item Held(int n)
        {
            Interlocked.Increment(ref held);
            return new Item(n, () => Interlocked.Decrement(ref held));
        }
        await foreach (var item in Pipeline.Ordered(Numbers(100_000, ended: () => ended = true), 3, n => Held(n), TestContext.Current.CancellationToken))
        {
            item.Dispose();
            if (item.Number == 5) break;
        }

        Assert.True(ended);
        Assert.Equal(0, held);
    }

    [Fact]
    public async Task An_error_of_the_input_reaches_the_taker()
    {
        var taken = 0;
        var error = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (var _ in Pipeline.Ordered(Numbers(10, n => n == 7 ? throw new InvalidOperationException("seven") : n), 2, n => n, TestContext.Current.CancellationToken)) taken++;
        });

        Assert.Equal(("seven", 7), (error.Message, taken));
    }

    static IAsyncEnumerable<int> Numbers(int count, Func<int, int>? each = null, Action? ended = null) => Counted(count, each, ended, CancellationToken.None);

    static async IAsyncEnumerable<int> Counted(int count, Func<int, int>? each, Action? ended, [EnumeratorCancellation] CancellationToken cancel)
    {
        try
        {
            for (var n = 0; n < count; n++)
            {
                await Task.Yield();
                cancel.ThrowIfCancellationRequested();
                each?.Invoke(n);
                yield return n;
            }
        }
        finally
        {
            ended?.Invoke();
        }
    }

    sealed class Item(int number, Action released) : IDisposable
    {
        internal int Number => number;

        public void Dispose() => released();
    }
}
