using Millrace.Dags;

namespace Millrace.Core.Tests.Dags;

public sealed class RetryTests
{
    [Fact]
    public void A_fixed_retry_waits_the_same_time_again_and_again()
    {
        var retry = Retry.Fixed(3, TimeSpan.FromSeconds(5));
        Assert.Equal([5.0, 5.0, 5.0], new[] { 1, 2, 3 }.Select(n => retry.DelayAfter(n, seed: 1).TotalSeconds));
    }

    [Fact]
    public void An_exponential_retry_grows_up_to_its_cap()
    {
        var retry = Retry.Exponential(5, TimeSpan.FromSeconds(5), cap: TimeSpan.FromSeconds(30));
        Assert.Equal([5.0, 10.0, 20.0, 30.0, 30.0], Enumerable.Range(1, 5).Select(n => retry.DelayAfter(n, seed: 1).TotalSeconds));
    }

    [Fact]
    public void Jitter_spreads_the_delay_within_its_share_and_the_same_seed_spreads_alike()
    {
        var retry = Retry.Exponential(3, TimeSpan.FromSeconds(100), jitter: 0.2);
        var delays = Enumerable.Range(0, 200).Select(seed => retry.DelayAfter(1, seed).TotalSeconds).ToList();
        Assert.All(delays, d => Assert.InRange(d, 80, 120));
        Assert.True(delays.Max() - delays.Min() > 30);
        Assert.Equal(retry.DelayAfter(2, 7), retry.DelayAfter(2, 7));
    }

    [Fact]
    public void Senseless_values_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Retry.Fixed(-1, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => Retry.Fixed(1, TimeSpan.FromSeconds(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Retry.Exponential(1, TimeSpan.Zero, factor: 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => Retry.Exponential(1, TimeSpan.Zero, jitter: 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => Retry.Exponential(1, TimeSpan.Zero, cap: TimeSpan.FromSeconds(-1)));
    }
}
