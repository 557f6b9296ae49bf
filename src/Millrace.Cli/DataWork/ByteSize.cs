using System.Globalization;

namespace Millrace.Cli.DataWork;

/// <summary>An amount of memory as people write it: <c>512MB</c>, <c>2 GiB</c>.</summary>
static class ByteSize
{
    static readonly (string Unit, long Bytes)[] Units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1),
    ];

    // What RunContext takes at least.
    const long Least = 16_000_000;

    /// <summary>As people read it: <c>512 MB</c>, <c>1.2 GB</c>.</summary>
    internal static string Text(long bytes)
    {
        var (unit, size) = Units.Where(u => u.Unit is "TB" or "GB" or "MB" or "KB" or "B").OrderByDescending(u => u.Bytes).First(u => bytes >= u.Bytes || u.Bytes == 1);
        var number = bytes / (double)size;
        return string.Create(CultureInfo.InvariantCulture, $"{number.ToString(number < 10 && size > 1 ? "0.0" : "0", CultureInfo.InvariantCulture)} {unit.Replace("K", "k", StringComparison.Ordinal)}");
    }

    internal static long? Parse(string option, string? text)
    {
        if (text is null) return null;
        foreach (var (unit, bytes) in Units)
        {
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase)
                && double.TryParse(text.AsSpan(0, text.Length - unit.Length).Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                && number > 0 && number * bytes < long.MaxValue)
            {
                return number * bytes >= Least ? (long)(number * bytes)
                    : throw new UserErrorException($"{option} '{text}' is too little for sorts and joins, even where they spill. Give 16MB or more.");
            }
        }
        throw new UserErrorException($"{option} '{text}' isn't an amount of memory. Write a number and its unit: 512MB, 2GB.");
    }
}
