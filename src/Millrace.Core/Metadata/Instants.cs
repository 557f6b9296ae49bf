namespace Millrace.Metadata;

/// <summary>Times as the store keeps them: whole microseconds since 1970, UTC.</summary>
static class Instants
{
    internal static long ToMicros(this DateTimeOffset at) => (at.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;
    internal static long? ToMicros(this DateTimeOffset? at) => at?.ToMicros();
    internal static DateTimeOffset FromMicros(long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);
    /// <summary>The instant as the store will give it back: cut to whole microseconds, in UTC.</summary>
    internal static DateTimeOffset Kept(this DateTimeOffset at) => FromMicros(at.ToMicros());
}
