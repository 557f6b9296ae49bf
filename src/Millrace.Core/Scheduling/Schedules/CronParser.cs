using System.Globalization;

namespace Millrace.Scheduling;

/// <summary>Reads a cron expression; every fault names the field, the value, its position and the remedy.</summary>
readonly ref struct CronParser
{
    readonly string text;

    CronParser(string text) => this.text = text;

    internal static CronExpression Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new CronParser(text).Parse();
    }

    CronExpression Parse()
    {
        var name = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return name.StartsWith('@') ? new CronParser(Macro(name)).Read(name) : Read(name);
    }

    string Macro(string name) => name.ToUpperInvariant() switch
    {
        "@YEARLY" or "@ANNUALLY" => "0 0 1 1 *",
        "@MONTHLY" => "0 0 1 * *",
        "@WEEKLY" => "0 0 * * 0",
        "@DAILY" or "@MIDNIGHT" => "0 0 * * *",
        "@HOURLY" => "0 * * * *",
        _ => throw new ScheduleException($"Cron '{text}': the macro '{name}' is not known. "
            + "Use @hourly, @daily, @midnight, @weekly, @monthly, @yearly or @annually, or a schedule '@once', '@continuous' or '@every 5m'.", 1),
    };

    CronExpression Read(string name)
    {
        Span<Range> found = stackalloc Range[8];
        var count = Split(found);
        if (count is not (5 or 6))
        {
            throw new ScheduleException($"Cron '{text}' has {(count > 6 ? "more than 6" : count)} fields. "
                + "Write 5 (minute, hour, day of month, month, day of week) or 6 (second in front).", 1);
        }
        var first = 6 - count;
        Span<Range> ranges = stackalloc Range[6];
        found[..count].CopyTo(ranges[first..]);

        var days = Days(ranges[3]);
        var weekdays = Weekdays(ranges[5]);
        var interval = false;
        for (var i = first; i < 3; i++)
            interval |= text.AsSpan(ranges[i]).IndexOfAny('*', '-', '/') >= 0;
        return new CronExpression
        {
            Text = name,
            Seconds = first == 1 ? 1 : Plain(CronField.Second, ranges[0]),
            Minutes = Plain(CronField.Minute, ranges[1]),
            Hours = Plain(CronField.Hour, ranges[2]),
            Months = Plain(CronField.Month, ranges[4]),
            Days = days with
            {
                Weekdays = weekdays.Weekdays,
                LastOfWeekday = weekdays.LastOfWeekday,
                NthOfWeekday = weekdays.NthOfWeekday,
                Either = Restricts(ranges[3]) && Restricts(ranges[5]),
            },
            IsInterval = interval,
        };
    }

    bool Restricts(Range field) => text.AsSpan(field)[0] is not ('*' or '?');

    int Split(Span<Range> ranges)
    {
        var count = 0;
        for (var i = 0; i < text.Length && count < ranges.Length; i++)
        {
            if (char.IsWhiteSpace(text[i]))
                continue;
            var start = i;
            while (i < text.Length && !char.IsWhiteSpace(text[i]))
                i++;
            ranges[count++] = start..i;
        }
        return count;
    }

    ulong Plain(CronField field, Range range)
    {
        ulong bits = 0;
        foreach (var item in new Items(text, field, range))
            bits |= Values(field, item);
        return bits;
    }

    CronDays Days(Range range)
    {
        var field = CronField.Day;
        ulong numbers = 0, nearest = 0, fromLast = 0, lastWeekdays = 0;
        foreach (var item in new Items(text, field, range))
        {
            var value = text.AsSpan(item);
            if (value is "?")
                numbers |= field.All;
            else if (value.Equals("L", StringComparison.OrdinalIgnoreCase))
                fromLast |= 1;
            else if (value.Equals("LW", StringComparison.OrdinalIgnoreCase))
                lastWeekdays |= 1;
            else if (value.StartsWith("L-", StringComparison.OrdinalIgnoreCase) && value[^1] is 'W' or 'w')
                lastWeekdays |= 1ul << Number(field, item, value[2..^1], 0, 30, "days before the last");
            else if (value.StartsWith("L-", StringComparison.OrdinalIgnoreCase))
                fromLast |= 1ul << Number(field, item, value[2..], 0, 30, "days before the last");
            else if (value[^1] is 'W' or 'w')
                nearest |= 1ul << Value(field, item, value[..^1]);
            else
                numbers |= Values(field, item);
        }
        return new() { Numbers = numbers, NearestWeekdays = nearest, FromLast = fromLast, WeekdaysFromLast = lastWeekdays };
    }

    CronDays Weekdays(Range range)
    {
        var field = CronField.Weekday;
        ulong plain = 0, last = 0, nth = 0;
        foreach (var item in new Items(text, field, range))
        {
            var value = text.AsSpan(item);
            if (value is "?")
                plain |= field.All;
            else if (value.Equals("L", StringComparison.OrdinalIgnoreCase))
                throw Fault(field, item, "needs a day before it. Write 5L for the month's last Friday, or SAT for every Saturday");
            else if (value[^1] is 'L' or 'l')
                last |= field.Bit(Value(field, item, value[..^1]));
            else if (value.IndexOf('#') is var hash and > 0)
                nth |= field.Bit(Value(field, item, value[..hash])) << 7 * (Number(field, item, value[(hash + 1)..], 1, 5, "which one of the month") - 1);
            else
                plain |= Values(field, item);
        }
        return new() { Weekdays = plain, LastOfWeekday = last, NthOfWeekday = nth };
    }

    /// <summary>The bits of <c>*</c>, <c>a</c>, <c>a-b</c>, each with an optional <c>/step</c>.</summary>
    ulong Values(CronField field, Range item)
    {
        var value = text.AsSpan(item);
        var step = 1;
        var slash = value.IndexOf('/');
        if (slash >= 0)
        {
            step = Number(field, item, value[(slash + 1)..], 1, field.Max, "the step");
            value = value[..slash];
        }

        int from, to;
        var dash = value.IndexOf('-');
        if (value is "*")
            (from, to) = (field.Min, field.Min + field.Count - 1);
        else if (dash > 0)
            (from, to) = (Value(field, item, value[..dash]), Value(field, item, value[(dash + 1)..]));
        else
            (from, to) = (Value(field, item, value), slash < 0 ? -1 : field.Min + field.Count - 1);

        if (to < 0)
            return field.Bit(from);
        if (field == CronField.Weekday && from == 7)
            from = 0;
        if (to < from)
            to += field.Count;
        ulong bits = 0;
        for (var i = from; i <= to; i += step)
            bits |= field.Bit((i - field.Min) % field.Count + field.Min);
        return bits;
    }

    int Value(CronField field, Range item, ReadOnlySpan<char> value)
    {
        for (var i = 0; i < field.Names.Length; i++)
        {
            if (value.Equals(field.Names[i], StringComparison.OrdinalIgnoreCase))
                return field == CronField.Month ? i + 1 : i;
        }
        if (value.IsEmpty || value.ContainsAnyExceptInRange('0', '9'))
            throw Fault(field, item, $"can't be read. Use {field.Values}, alone, in a list (1,2), a range (1-5) or a step (*/2)");
        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= field.Min && number <= field.Max
            ? number
            : throw Fault(field, item, $"is outside {field.Values}");
    }

    int Number(CronField field, Range item, ReadOnlySpan<char> value, int min, int max, string what) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw Fault(field, item, $"needs {min}-{max} for {what}, not '{value}'");

    ScheduleException Fault(CronField field, Range item, string fault)
    {
        var position = item.Start.Value + 1;
        return new($"Cron '{text}': {field.Name} '{text[item]}' {fault} (position {position}).", position);
    }

    /// <summary>The items of a list field, by their place in the whole text.</summary>
    ref struct Items(string text, CronField field, Range range)
    {
        int next = range.Start.Value;

        public readonly Items GetEnumerator() => this;

        public Range Current { get; private set; }

        public bool MoveNext()
        {
            if (next > range.End.Value)
                return false;
            var comma = text.AsSpan(next, range.End.Value - next).IndexOf(',');
            var end = comma < 0 ? range.End.Value : next + comma;
            if (end == next)
                throw new ScheduleException($"Cron '{text}': {field.Name} '{text[range]}' has an empty item (position {next + 1}). Remove the extra comma.", next + 1);
            Current = next..end;
            next = end + 1;
            return true;
        }
    }
}
