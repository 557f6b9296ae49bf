namespace Millrace.Scheduling;

/// <summary>A random five-field expression together with what it means, drawn side by side rather than parsed.</summary>
sealed record RandomCron(string Text, bool IsInterval, Func<DateTime, bool> Matches)
{
    static readonly string[] MonthNames = ["JAN", "Feb", "mar", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    static readonly string[] DayNames = ["SUN", "Mon", "tue", "WED", "THU", "FRI", "SAT"];

    internal static RandomCron Draw(Random random)
    {
        var minute = Field(random, 0, 59, null);
        var hour = Field(random, 0, 23, null);
        var month = random.Next(3) > 0 ? ("*", _ => true) : Field(random, 1, 12, MonthNames);
        var day = DayOfMonth(random);
        var weekday = DayOfWeek(random);
        var either = day.Text[0] is not ('*' or '?') && weekday.Text[0] is not ('*' or '?');
        return new(
            $"{minute.Text} {hour.Text} {day.Text} {month.Item1} {weekday.Text}",
            (minute.Text + hour.Text).AsSpan().IndexOfAny('*', '-', '/') >= 0,
            t => minute.Has(t.Minute) && hour.Has(t.Hour) && month.Item2(t.Month)
                && (either ? day.Has(t) || weekday.Has(t) : day.Has(t) && weekday.Has(t)));
    }

    static (string Text, Func<int, bool> Has) Field(Random random, int min, int max, string[]? names)
    {
        if (random.Next(4) == 0)
            return ("*", _ => true);
        var values = new HashSet<int>();
        var items = new List<string>();
        for (var count = random.Next(1, 4); count > 0; count--)
        {
            int a = random.Next(min, max + 1), b = random.Next(min, max + 1), step = random.Next(1, (max - min) / 2);
            switch (random.Next(5))
            {
                case 0:
                    items.Add($"{Name(a)}-{Name(b)}");
                    Walk(a, b, 1);
                    break;
                case 1:
                    items.Add($"{Name(a)}-{Name(b)}/{step}");
                    Walk(a, b, step);
                    break;
                case 2:
                    items.Add($"*/{step}");
                    Walk(min, max, step);
                    break;
                case 3:
                    items.Add($"{Name(a)}/{step}");
                    Walk(a, max, step);
                    break;
                default:
                    items.Add(Name(a));
                    values.Add(a);
                    break;
            }
        }
        return (string.Join(',', items), values.Contains);

        string Name(int value) => names is null || random.Next(2) == 0 ? $"{value}" : names[value - min];

        // One value at a time, round the end of the field, taking every step-th.
        void Walk(int from, int to, int step)
        {
            var left = 0;
            for (var value = from; ; value = value == max ? min : value + 1)
            {
                if (left == 0)
                {
                    values.Add(value);
                    left = step;
                }
                left--;
                if (value == to)
                    return;
            }
        }
    }

    static (string Text, Func<DateTime, bool> Has) DayOfMonth(Random random)
    {
        var n = random.Next(1, 32);
        var back = random.Next(0, 31);
        switch (random.Next(9))
        {
            case 0: return ("?", _ => true);
            case 1: return ("L", t => t.AddDays(1).Month != t.Month);
            case 2: return ($"L-{back}", t => t.Day == Count(t) - back);
            case 3: return ($"{n}W", t => n <= Count(t) && t.Date == Nearest(t, n));
            case 4: return ("LW", t => t.Date == Nearest(t, Count(t)));
            case 5:
                var field = Field(random, 1, 31, null);
                return (field.Text, t => field.Has(t.Day));
            default: return ("*", _ => true);
        }
    }

    static (string Text, Func<DateTime, bool> Has) DayOfWeek(Random random)
    {
        var day = random.Next(7);
        var name = random.Next(2) == 0 ? DayNames[day] : day == 0 && random.Next(2) == 0 ? "7" : $"{day}";
        var nth = random.Next(1, 6);
        switch (random.Next(8))
        {
            case 0: return ("?", _ => true);
            case 1: return ($"{name}L", t => (int)t.DayOfWeek == day && t.AddDays(7).Month != t.Month);
            case 2: return ($"{name}#{nth}", t => (int)t.DayOfWeek == day && t.AddDays(-7 * (nth - 1)).Month == t.Month && t.AddDays(-7 * nth).Month != t.Month);
            case 3:
                var field = Field(random, 0, 6, DayNames);
                return (field.Text, t => field.Has((int)t.DayOfWeek));
            default: return ("*", _ => true);
        }
    }

    static int Count(DateTime t) => DateTime.DaysInMonth(t.Year, t.Month);

    // The Monday to Friday of the month with the fewest days between: Saturdays look back first, Sundays ahead.
    static DateTime Nearest(DateTime month, int day)
    {
        var wanted = new DateTime(month.Year, month.Month, day);
        var ahead = wanted.DayOfWeek == System.DayOfWeek.Sunday ? 1 : -1;
        foreach (var days in new[] { 0, ahead, -ahead, 2 * ahead, -2 * ahead })
        {
            var candidate = wanted.AddDays(days);
            if (candidate.Month == wanted.Month && candidate.DayOfWeek is not (System.DayOfWeek.Saturday or System.DayOfWeek.Sunday))
                return candidate;
        }
        throw new InvalidOperationException("Every month has a weekday within two days.");
    }
}
