using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Millrace.Dags;

static class ParamCheck
{
    // A pattern is the author's, the text is whoever triggers the run: it must not hold the scheduler up.
    static readonly TimeSpan PatternTime = TimeSpan.FromMilliseconds(200);

    /// <summary>What is wrong with a value, in words that follow "'name' is value: "; null when nothing is.</summary>
    internal static string? Fault(this ParamSpec spec, JsonNode? value)
    {
        if (value is null) return spec.Default == "null" || spec.Type == ParamType.Json ? null : $"expected {spec.Expected()}";
        var kind = value.GetValueKind();
        return spec.Type switch
        {
            ParamType.Text when kind == JsonValueKind.String => TextFault(spec, value.GetValue<string>()),
            ParamType.Integer when kind == JsonValueKind.Number && Number(value) is { } n && n == decimal.Truncate(n) => RangeFault(spec, n),
            ParamType.Number when kind == JsonValueKind.Number && Number(value) is { } n => RangeFault(spec, n),
            // Beyond decimal's range but a number all the same; bounds are decimals, so any bound is passed.
            ParamType.Number when kind == JsonValueKind.Number => spec is { Minimum: null, Maximum: null } ? null : $"expected {spec.Expected()}",
            ParamType.Boolean when kind is JsonValueKind.True or JsonValueKind.False => null,
            ParamType.Date when Text(value) is { } t && DateOnly.TryParseExact(t, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) => null,
            ParamType.DateTime when kind == JsonValueKind.String && value.AsValue().TryGetValue<DateTimeOffset>(out _) => null,
            ParamType.DateTime when Text(value) is { } t && IsDateTime(t) => null,
            ParamType.Choice when Text(value) is { } t && spec.Choices.Contains(t) => null,
            ParamType.Json => null,
            _ => $"expected {spec.Expected()}",
        };
    }

    internal static string Expected(this ParamSpec spec) => spec.Type switch
    {
        ParamType.Text => "a text" + (spec.Pattern is { } p ? $" that matches {p}" : ""),
        ParamType.Integer => "a whole number" + Range(spec),
        ParamType.Number => "a number" + Range(spec),
        ParamType.Boolean => "true or false",
        ParamType.Date => "a date such as \"2026-11-21\"",
        ParamType.DateTime => "a time such as \"2026-11-21T06:00:00Z\"",
        ParamType.Choice => "one of " + string.Join(", ", spec.Choices.Select(c => $"\"{c}\"")),
        _ => "a JSON value",
    };

    static string Range(ParamSpec spec) => (spec.Minimum, spec.Maximum) switch
    {
        ({ } min, { } max) => string.Create(CultureInfo.InvariantCulture, $" from {min} to {max}"),
        ({ } min, null) => string.Create(CultureInfo.InvariantCulture, $" of at least {min}"),
        (null, { } max) => string.Create(CultureInfo.InvariantCulture, $" of at most {max}"),
        _ => "",
    };

    static string? RangeFault(ParamSpec spec, decimal value) =>
        value < spec.Minimum || value > spec.Maximum ? $"expected {spec.Expected()}" : null;

    static string? TextFault(ParamSpec spec, string text)
    {
        if (text.Length < spec.MinLength) return $"expected at least {spec.MinLength} characters";
        if (text.Length > spec.MaxLength) return $"expected at most {spec.MaxLength} characters";
        if (spec.Pattern is null) return null;
        try
        {
            return Regex.IsMatch(text, spec.Pattern, RegexOptions.ECMAScript, PatternTime) ? null : $"expected {spec.Expected()}";
        }
        catch (RegexMatchTimeoutException)
        {
            return $"matching it against {spec.Pattern} takes too long";
        }
    }

    static decimal? Number(JsonNode value) =>
        decimal.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    static string? Text(JsonNode value) => value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    static bool IsDateTime(string text)
    {
        using var json = JsonDocument.Parse(JsonSerializer.Serialize(text));
        return json.RootElement.TryGetDateTimeOffset(out _);
    }
}
