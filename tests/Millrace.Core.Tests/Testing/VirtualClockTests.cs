using Millrace.Testing;
using Xunit;

namespace Millrace.Core.Tests.Testing;

public sealed class VirtualClockTests
{
    static readonly DateTimeOffset Start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    readonly VirtualClock clock = new(Start);
    readonly List<string> rung = [];

    [Fact]
    public void Timers_fire_in_the_order_they_are_due_and_see_the_instant_they_were_due_at()
    {
        Set("late", 3);
        Set("early", 1);
        Set("early too", 1);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["early at 1", "early too at 1", "late at 3"], rung);
        Assert.Equal(Start.AddSeconds(5), clock.GetUtcNow());
    }

    [Fact]
    public void A_timer_that_is_set_while_the_clock_moves_fires_in_the_same_move()
    {
        using var timer = clock.CreateTimer(_ => Set("second", 1), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(["second at 2"], rung);
    }

    [Fact]
    public void A_changed_timer_fires_only_at_its_new_instant_and_a_disposed_one_never()
    {
        var changed = Set("changed", 1);
        var disposed = Set("disposed", 1);
        changed.Change(TimeSpan.FromSeconds(4), Timeout.InfiniteTimeSpan);
        disposed.Dispose();
        Assert.Equal(Start.AddSeconds(4), clock.NextTimer);
        clock.AdvanceTo(Start.AddSeconds(10));
        Assert.Equal(["changed at 4"], rung);
        Assert.Null(clock.NextTimer);
    }

    [Fact]
    public void A_periodic_timer_fires_once_for_each_period()
    {
        using var timer = clock.CreateTimer(_ => Ring("tick"), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["tick at 1", "tick at 3", "tick at 5"], rung);
    }

    [Fact]
    public void A_clock_that_is_set_back_makes_no_timer_late()
    {
        Set("due", 10);
        clock.JumpTo(Start.AddHours(-1));
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Single(rung);
        Assert.Equal(Start.AddHours(-1).AddSeconds(10), clock.GetUtcNow());
    }

    ITimer Set(string name, int seconds) => clock.CreateTimer(_ => Ring(name), null, TimeSpan.FromSeconds(seconds), Timeout.InfiniteTimeSpan);

    void Ring(string name) => rung.Add($"{name} at {(clock.GetUtcNow() - Start).TotalSeconds}");
}
