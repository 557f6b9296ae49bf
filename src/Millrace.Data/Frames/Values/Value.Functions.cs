using Millrace.Plans;

namespace Millrace.Data;

public readonly partial struct Value
{
    public Value IsNull() => Call(Functions.IsNull, Expr);
    public Value IsNotNull() => !IsNull();

    /// <summary>This value or, where it is null, the first other that isn't.</summary>
    public Value Or(params ReadOnlySpan<Value> others) => Call(Functions.Coalesce, [Expr, .. Exprs(others)]);

    /// <summary>Null where this equals the other value.</summary>
    public Value NullIf(Value other) => Call(Functions.NullIf, Expr, other.Expr);

    /// <summary>Equal, or both null.</summary>
    public Value Same(Value other) => Call(Functions.Same, Expr, other.Expr);
    public Value In(params ReadOnlySpan<Value> values) => Call(Functions.In, [Expr, .. Exprs(values)]);
    public Value Between(Value least, Value most) => this >= least & this <= most;

    /// <summary>Another type; a value that doesn't fit fails the run.</summary>
    public Value Cast(DataType type) => With(new CastExpr(Expr, type));

    /// <summary>Another type; a value that doesn't fit becomes null.</summary>
    public Value TryCast(DataType type) => With(new CastExpr(Expr, type, Strict: false));

    public Value Abs() => Call(Functions.Abs, Expr);
    public Value Sign() => Call(Functions.Sign, Expr);

    /// <summary>Halves go away from zero.</summary>
    public Value Round(int digits = 0) => Call(Functions.Round, Expr, LiteralExpr.Of(digits));
    public Value Floor() => Call(Functions.Floor, Expr);
    public Value Ceiling() => Call(Functions.Ceiling, Expr);
    public Value Sqrt() => Call(Functions.Sqrt, Expr);
    public Value Power(Value exponent) => Call(Functions.Power, Expr, exponent.Expr);
    public Value Exp() => Call(Functions.Exp, Expr);
    public Value Log() => Call(Functions.Ln, Expr);
    public Value Log10() => Call(Functions.Log10, Expr);
    public Value Clamp(Value least, Value most) => Call(Functions.Least, Call(Functions.Greatest, Expr, least.Expr).Expr, most.Expr);

    public Value Upper() => Call(Functions.Upper, Expr);
    public Value Lower() => Call(Functions.Lower, Expr);
    public Value Trim() => Call(Functions.Trim, Expr);
    public Value TrimStart() => Call(Functions.TrimStart, Expr);
    public Value TrimEnd() => Call(Functions.TrimEnd, Expr);
    public Value Reverse() => Call(Functions.Reverse, Expr);
    public Value Length() => Call(Functions.Length, Expr);
    public Value Concat(params ReadOnlySpan<Value> others) => Call(Functions.Concat, [Expr, .. Exprs(others)]);

    /// <param name="start">Counted from 0.</param>
    public Value Substring(Value start) => Call(Functions.Substring, Expr, start.Expr);
    public Value Substring(Value start, Value length) => Call(Functions.Substring, Expr, start.Expr, length.Expr);
    public Value Replace(Value text, Value by) => Call(Functions.Replace, Expr, text.Expr, by.Expr);
    public Value StartsWith(Value text) => Call(Functions.StartsWith, Expr, text.Expr);
    public Value EndsWith(Value text) => Call(Functions.EndsWith, Expr, text.Expr);
    public Value Contains(Value text) => Call(Functions.Contains, Expr, text.Expr);

    /// <summary>-1 where the text isn't there.</summary>
    public Value IndexOf(Value text) => Call(Functions.IndexOf, Expr, text.Expr);
    public Value PadLeft(int length, string with = " ") => Call(Functions.PadLeft, Expr, LiteralExpr.Of(length), LiteralExpr.Of(with));
    public Value PadRight(int length, string with = " ") => Call(Functions.PadRight, Expr, LiteralExpr.Of(length), LiteralExpr.Of(with));

    /// <summary>A list of the parts.</summary>
    public Value Split(string separator) => Call(Functions.Split, Expr, LiteralExpr.Of(separator));

    /// <summary>One part of a text, counted from 0; null where there are fewer.</summary>
    public Value Part(string separator, int index) => Call(Functions.SplitPart, Expr, LiteralExpr.Of(separator), LiteralExpr.Of(index));

    /// <summary>Whether a regular expression occurs in the text.</summary>
    public Value Matches(string pattern) => Call(Functions.Matches, Expr, LiteralExpr.Of(pattern));

    /// <summary>What a group of the pattern's first match holds; null without a match.</summary>
    public Value Extract(string pattern, int group = 0) => Call(Functions.Extract, Expr, LiteralExpr.Of(pattern), LiteralExpr.Of(group));
    public Value ReplacePattern(string pattern, string by) => Call(Functions.ReplacePattern, Expr, LiteralExpr.Of(pattern), LiteralExpr.Of(by));
    public Value EditDistance(Value other) => Call(Functions.EditDistance, Expr, other.Expr);
    public Value Md5() => Call(Functions.Md5, Expr);

    public Value Year() => Call(Functions.Year, Expr);
    public Value Quarter() => Call(Functions.Quarter, Expr);
    public Value Month() => Call(Functions.Month, Expr);
    public Value Week() => Call(Functions.Week, Expr);
    public Value Day() => Call(Functions.Day, Expr);

    /// <summary>Sunday is 0.</summary>
    public Value DayOfWeek() => Call(Functions.DayOfWeek, Expr);
    public Value DayOfYear() => Call(Functions.DayOfYear, Expr);
    public Value Hour() => Call(Functions.Hour, Expr);
    public Value Minute() => Call(Functions.Minute, Expr);
    public Value Second() => Call(Functions.Second, Expr);

    /// <summary>The start of the unit that the moment lies in.</summary>
    public Value Truncate(TimeUnit unit) => Call(Functions.TruncateTo, Expr, unit.Literal);
    public Value AddMonths(Value months) => Call(Functions.AddMonths, Expr, months.Expr);

    /// <summary>That many units, as a duration.</summary>
    public Value Of(TimeUnit unit) => Call(Functions.ToDuration, Expr, unit.Literal);
    public Value TotalSeconds() => Call(Functions.TotalSeconds, Expr);
    public Value Date() => Call(Functions.DateOf, Expr);
    public Value TimeOfDay() => Call(Functions.TimeOf, Expr);

    /// <summary>What clocks in that zone (IANA) show at the instant.</summary>
    public Value AtZone(string zone) => Call(Functions.AtZone, Expr, LiteralExpr.Of(zone));

    /// <summary>The instant at which clocks in that zone (IANA) show the timestamp.</summary>
    public Value FromZone(string zone) => Call(Functions.FromZone, Expr, LiteralExpr.Of(zone));

    /// <summary>A date, time, timestamp or instant (in UTC) as text: <c>Col("at").Format("yyyy-MM")</c>. The letters are those of .NET.</summary>
    public Value Format(string format) => Call(Functions.FormatTime, Expr, Pattern(format));

    /// <summary>The date that a text of exactly that format says, such as <c>"dd.MM.yyyy"</c>; another text is an error.</summary>
    public Value ParseDate(string format) => Call(Functions.ParseDate, Expr, Pattern(format));

    /// <inheritdoc cref="ParseDate"/>
    public Value ParseTime(string format) => Call(Functions.ParseTime, Expr, Pattern(format));

    /// <inheritdoc cref="ParseDate"/>
    public Value ParseTimestamp(string format) => Call(Functions.ParseTimestamp, Expr, Pattern(format));

    /// <summary>As <see cref="ParseDate"/>, with null for a text that isn't of the format.</summary>
    public Value TryParseDate(string format) => Call(Functions.TryParseDate, Expr, Pattern(format));

    /// <inheritdoc cref="TryParseDate"/>
    public Value TryParseTime(string format) => Call(Functions.TryParseTime, Expr, Pattern(format));

    /// <inheritdoc cref="TryParseDate"/>
    public Value TryParseTimestamp(string format) => Call(Functions.TryParseTimestamp, Expr, Pattern(format));

    // Looked at here, where the mistake is made.
    static LiteralExpr Pattern(string format) => LiteralExpr.Of(MomentFormat.Of(format).Text);

    /// <summary>A field of a struct.</summary>
    public Value Field(string name) => Call(Functions.FieldOf, Expr, LiteralExpr.Of(name));

    /// <summary>An item of a list, counted from 0; null where there is none.</summary>
    public Value Item(Value index) => Call(Functions.Element, Expr, index.Expr);

    /// <summary>What a map holds for the key; null where it isn't there.</summary>
    public Value Lookup(Value key) => Call(Functions.Lookup, Expr, key.Expr);
    public Value ItemCount() => Call(Functions.ItemCount, Expr);

    /// <summary>A C# function of the value, called back for each row whose value isn't null.</summary>
    public Value Apply<TIn, TOut>(Func<TIn, TOut> function) => With(Callbacks.Of(function, Expr));

    static Expr[] Exprs(ReadOnlySpan<Value> values)
    {
        var exprs = new Expr[values.Length];
        for (var i = 0; i < exprs.Length; i++) exprs[i] = values[i].Expr;
        return exprs;
    }
}
