namespace Millrace.EndToEnd.Tests.FirstFiveMinutes;

public sealed class OneSchedulerTests
{
    [Theory]
    [InlineData("up")]
    [InlineData("scheduler")]
    public async Task A_second_scheduler_on_SQLite_is_refused_until_the_first_is_gone_even_by_a_kill(string second)
    {
        await using var stranger = new Stranger();
        var first = await stranger.StartAsync("scheduler");

        var refused = await stranger.TypeAsync(second, "--broker-port", "0");
        Assert.Equal(3, refused.ExitCode);
        Assert.Contains($"(process {first.Id})", refused.Complaint, StringComparison.Ordinal);
        Assert.Contains("Stop that one first", refused.Complaint, StringComparison.Ordinal);
        Assert.False(first.HasExited);

        first.Kill();
        await first.EndsAsync(stranger.Cancellation);
        var next = await stranger.StartAsync(second);
        next.Interrupt();
        Assert.Equal(0, (await next.EndsAsync(stranger.Cancellation)).ExitCode);
    }
}
