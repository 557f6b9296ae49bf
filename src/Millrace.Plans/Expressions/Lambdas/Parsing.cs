using System.Globalization;

// Of Millrace.Data by name, as the moments are.
namespace Millrace.Data;

/// <summary>Dates and times out of text that may hold none, in lambdas of frames and in C# alike.</summary>
public static class Parsing
{
    /// <summary>The date that the text says in exactly that format, such as <c>"dd.MM.yyyy"</c>; null where it doesn't.</summary>
    public static DateOnly? TryParseDate(this string? text, string format) =>
        DateOnly.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : null;

    /// <inheritdoc cref="TryParseDate"/>
    public static TimeOnly? TryParseTime(this string? text, string format) =>
        TimeOnly.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;

    /// <inheritdoc cref="TryParseDate"/>
    public static DateTime? TryParseTimestamp(this string? text, string format) =>
        DateTime.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;
}
