using System.Text.Json.Serialization;

namespace Millrace.Dags;

/// <summary>How often a failed attempt is tried again, and after how long.</summary>
public sealed record Retry
{
    /// <summary>A failed attempt fails the task.</summary>
    public static Retry None { get; } = new();

    /// <summary>Tries after the first one.</summary>
    public int Count
    {
        get;
        init => field = value >= 0 ? value
            : throw new ArgumentOutOfRangeException(nameof(Count), value, "A task can't be retried fewer than 0 times.");
    }

    public TimeSpan Delay
    {
        get;
        init => field = value >= TimeSpan.Zero ? value
            : throw new ArgumentOutOfRangeException(nameof(Delay), value, "A retry delay can't be negative.");
    }

    /// <summary>Each delay is this many times the one before it; 1 keeps it fixed.</summary>
    public double Factor
    {
        get;
        init => field = value >= 1 ? value
            : throw new ArgumentOutOfRangeException(nameof(Factor), value, "A retry factor is 1 (fixed) or more.");
    } = 1;

    /// <summary>No delay is longer than this.</summary>
    public TimeSpan Cap
    {
        get;
        init => field = value >= TimeSpan.Zero ? value
            : throw new ArgumentOutOfRangeException(nameof(Cap), value, "The cap of a retry delay can't be negative.");
    } = TimeSpan.FromHours(24);

    /// <summary>The share of a delay, 0 to 1, that is spread at random so that tasks that failed together don't return together.</summary>
    public double Jitter
    {
        get;
        init => field = value is >= 0 and <= 1 ? value
            : throw new ArgumentOutOfRangeException(nameof(Jitter), value, "Jitter is a share between 0 and 1.");
    }

    /// <summary>Says of an exception whether another try may help; false fails the task at once. Asked where the exception is, in the worker.</summary>
    [JsonIgnore]
    public Func<Exception, bool>? If { get; init; }

    public static Retry Fixed(int count, TimeSpan delay) => new() { Count = count, Delay = delay };

    public static Retry Exponential(int count, TimeSpan first, double factor = 2, TimeSpan? cap = null, double jitter = 0) =>
        new() { Count = count, Delay = first, Factor = factor, Cap = cap ?? TimeSpan.FromHours(24), Jitter = jitter };

    /// <param name="failures">Attempts that failed so far, 1 or more.</param>
    /// <param name="seed">Fixes the jitter, so that a replay decides the same.</param>
    internal TimeSpan DelayAfter(int failures, int seed)
    {
        var delay = Math.Min(Delay.TotalSeconds * Math.Pow(Factor, failures - 1), Cap.TotalSeconds);
        var spread = Jitter == 0 ? 0 : Jitter * (new Random(unchecked(seed * 397 ^ failures)).NextDouble() - 0.5) * 2;
        return TimeSpan.FromSeconds(Math.Min(delay * (1 + spread), Cap.TotalSeconds));
    }
}
