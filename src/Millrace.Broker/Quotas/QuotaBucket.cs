namespace Millrace.Broker.Quotas;

/// <summary>
/// What those who share a quota have left of it. It fills by the quota, up to what <see cref="BurstSeconds"/> bring; who takes more
/// than is left owes it, and waits until it's there.
/// </summary>
sealed class QuotaBucket(TimeProvider time)
{
    /// <summary>As many seconds as Apache Kafka averages over.</summary>
    internal const int BurstSeconds = 10;

    readonly Lock gate = new();
    double left = double.MaxValue;
    long since = time.GetTimestamp();

    internal TimeSpan Take(double amount, double perSecond)
    {
        lock (gate)
        {
            Fill(perSecond);
            left -= amount;
            return left >= 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(-left / perSecond * 1000), int.MaxValue));
        }
    }

    /// <summary>Whether nobody owes anything, and nothing is remembered that a new one wouldn't have.</summary>
    internal bool IsFull(double perSecond)
    {
        lock (gate)
        {
            Fill(perSecond);
            return left >= perSecond * BurstSeconds;
        }
    }

    void Fill(double perSecond)
    {
        var now = time.GetTimestamp();
        left = Math.Min(left + time.GetElapsedTime(since, now).TotalSeconds * perSecond, perSecond * BurstSeconds);
        since = now;
    }
}
