namespace Millrace.Broker.Quotas;

/// <summary>
/// What those who share a quota have left of it. It fills by the quota, up to a burst's worth. Some take first and owe what was
/// too much; others must wait until enough is there.
/// </summary>
sealed class QuotaBucket(TimeProvider time, int burstSeconds)
{
    readonly Lock gate = new();
    double left = double.MaxValue;
    long since = time.GetTimestamp();

    /// <summary>Takes in any case. Answers for how long something is owed then.</summary>
    internal TimeSpan Take(double amount, double perSecond)
    {
        lock (gate)
        {
            Fill(perSecond);
            left -= amount;
            return Until(0, perSecond);
        }
    }

    /// <summary>
    /// Takes if so much is there, and else answers how long that lasts. More than a full bucket isn't waited for: who takes it
    /// owes the rest.
    /// </summary>
    internal TimeSpan TryTake(double amount, double needed, double perSecond)
    {
        lock (gate)
        {
            Fill(perSecond);
            var wait = Until(Math.Min(needed, perSecond * burstSeconds), perSecond);
            if (wait == TimeSpan.Zero) left -= amount;
            return wait;
        }
    }

    TimeSpan Until(double there, double perSecond)
    {
        // What is there but for a rounding error is there.
        var wait = Math.Ceiling(Math.Round((there - left) / perSecond * 1000, 3));
        return wait > 0 ? TimeSpan.FromMilliseconds(Math.Min(wait, int.MaxValue)) : TimeSpan.Zero;
    }

    /// <summary>Whether nobody owes anything, and nothing is remembered that a new one wouldn't have.</summary>
    internal bool IsFull(double perSecond)
    {
        lock (gate)
        {
            Fill(perSecond);
            return left >= perSecond * burstSeconds;
        }
    }

    void Fill(double perSecond)
    {
        var now = time.GetTimestamp();
        left = Math.Min(left + time.GetElapsedTime(since, now).TotalSeconds * perSecond, perSecond * burstSeconds);
        since = now;
    }
}
