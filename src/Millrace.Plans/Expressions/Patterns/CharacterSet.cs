using System.Globalization;
using System.Text;

namespace Millrace.Plans;

/// <summary>Code points, as ranges in order that neither touch nor overlap.</summary>
sealed class CharacterSet
{
    const int Last = 0x10FFFF, FirstPair = 0x10000;
    const string Special = @"\.+*?()|[]{}^$-";

    readonly List<(int From, int To)> ranges = [];

    CharacterSet(IEnumerable<(int From, int To)> given)
    {
        foreach (var (from, to) in given.OrderBy(r => r.From))
        {
            if (ranges.Count > 0 && from <= ranges[^1].To + 1) ranges[^1] = (ranges[^1].From, Math.Max(ranges[^1].To, to));
            else ranges.Add((from, to));
        }
    }

    internal static CharacterSet Digits { get; } = new([('0', '9')]);
    internal static CharacterSet Word { get; } = new([('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]);
    internal static CharacterSet Space { get; } = new([('\t', '\r'), (' ', ' ')]);
    internal static CharacterSet AllButLineFeed { get; } = Range('\n', '\n').Others;

    internal static CharacterSet Range(int from, int to) => new([(from, to)]);

    internal bool IsEmpty => ranges.Count == 0;

    /// <summary>The one code point that it has; null where there are more.</summary>
    internal int? Single => ranges is [var (from, to)] && from == to ? from : null;

    /// <summary>All that aren't in this one.</summary>
    internal CharacterSet Others
    {
        get
        {
            var others = new List<(int, int)>();
            var next = 0;
            foreach (var (from, to) in ranges)
            {
                if (from > next) others.Add((next, from - 1));
                next = to + 1;
            }
            if (next <= Last) others.Add((next, Last));
            return new(others);
        }
    }

    internal CharacterSet With(CharacterSet other) => new(ranges.Concat(other.ranges));

    internal bool Meets(CharacterSet other) => ranges.Any(a => other.ranges.Any(b => a.From <= b.To && b.From <= a.To));

    /// <summary>As RE2 and PostgreSQL read it, both by code points.</summary>
    internal string ToSql()
    {
        if (Single is { } one) return Literal(one);
        // No statement can hold NUL, so a set that has it is said by what it lacks.
        if (ranges.Count == 0 || ranges[0].From > 0) return $"[{Inside(this)}]";
        return Others is { IsEmpty: false } others ? $"[^{Inside(others)}]" : @"(?:\n|[^\n])";

        static string Inside(CharacterSet set) => string.Concat(set.ranges.Select(r => r.From == r.To ? Literal(r.From) : $"{Literal(r.From)}-{Literal(r.To)}"));
    }

    // Raw but for what means something: engines differ in how they spell code points by number.
    static string Literal(int point) => point switch
    {
        '\n' => @"\n",
        < 0x80 when Special.Contains((char)point) => $@"\{(char)point}",
        >= 0xD800 and <= 0xDBFF => "\uD7FF",
        >= 0xDC00 and <= 0xDFFF => "\uE000",
        _ => char.ConvertFromUtf32(point),
    };

    /// <summary>As .NET reads it, which goes by halves of surrogate pairs: what lies beyond them is written as pairs.</summary>
    internal string ToNet()
    {
        var choices = new List<string>();
        var single = new StringBuilder();
        foreach (var (from, to) in ranges)
        {
            Unit(from, Math.Min(to, 0xD7FF));
            Unit(Math.Max(from, 0xE000), Math.Min(to, 0xFFFF));
            Pairs(Math.Max(from, FirstPair), to);
        }
        if (single.Length > 0) choices.Insert(0, $"[{single}]");
        return choices is [var only] && single.Length > 0 ? only : $"(?:{string.Join('|', choices)})";

        void Unit(int from, int to)
        {
            if (from > to) return;
            single.Append(Code(from));
            if (from < to) single.Append('-').Append(Code(to));
        }

        void Pairs(int from, int to)
        {
            while (from <= to)
            {
                var (high, low) = Halves(from);
                var (lastHigh, lastLow) = Halves(to);
                // As many first halves as have all their second ones, or else one.
                var whole = low == 0xDC00 ? lastLow == 0xDFFF ? lastHigh : lastHigh - 1 : high;
                var (untilHigh, untilLow) = low == 0xDC00 && whole >= high ? (whole, 0xDFFF) : (high, high == lastHigh ? lastLow : 0xDFFF);
                choices.Add($"[{Code(high)}-{Code(untilHigh)}][{Code(low)}-{Code(untilLow)}]");
                from = FirstPair + ((untilHigh - 0xD800) << 10) + (untilLow - 0xDC00) + 1;
            }
        }

        static (int High, int Low) Halves(int point) => (0xD800 + ((point - FirstPair) >> 10), 0xDC00 + ((point - FirstPair) & 0x3FF));
    }

    static string Code(int unit) => @"\u" + unit.ToString("X4", CultureInfo.InvariantCulture);
}
