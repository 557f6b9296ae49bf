namespace Millrace.Data;

/// <summary>How far a packed file may grow while it is unpacked, so that a small hostile file can't fill memory or time.</summary>
public sealed record InputLimits
{
    public static InputLimits Default { get; } = new();

    /// <summary>How many times its packed size a file may be, once it is past 64 MB. Real data packs 3 to 50 times.</summary>
    public int MaxRatio
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(MaxRatio), value, "A file is at least as large as its packed form.");
    } = 250;

    /// <summary>The most bytes that one packed file may be unpacked to; null is no limit.</summary>
    public long? MaxBytes
    {
        get;
        init => field = value is null or > 0 ? value : throw new ArgumentOutOfRangeException(nameof(MaxBytes), value, "Nothing could be read within that limit.");
    }
}
