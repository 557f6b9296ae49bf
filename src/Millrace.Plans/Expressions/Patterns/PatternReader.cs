using System.Globalization;
using System.Text;

namespace Millrace.Plans;

/// <summary>Reads a pattern character by character and writes it for the engines as it goes.</summary>
sealed class PatternReader(string pattern)
{
    // PostgreSQL repeats at most 255 times, RE2 at most 1,000 times in all.
    const int MostTimes = 255, MostTimesInAll = 1_000, Deepest = 50;

    readonly StringBuilder sql = new(), net = new();
    readonly List<Piece> pieces = [];
    int at, groups, depth;
    bool mayMissGroup, isPlain = true;

    /// <param name="Characters">What one of it is.</param>
    /// <param name="Least">How often it stands there at least.</param>
    /// <param name="IsFixed">Whether it stands there just so often.</param>
    sealed record Piece(CharacterSet Characters, int Least, bool IsFixed);

    /// <param name="MayBeEmpty">Whether it matches between two characters.</param>
    /// <param name="Times">How often what is in it is repeated at most, nested repetitions multiplied.</param>
    readonly record struct Part(bool MayBeEmpty, int Times);

    bool AtEnd => at == pattern.Length;
    char Next => AtEnd ? '\0' : pattern[at];

    internal CommonPattern Read()
    {
        var all = Choices();
        if (!AtEnd) throw Wrong("a bracket closes that wasn't opened", @"Write \) for the character");
        return new CommonPattern(sql.ToString(), net.ToString(), groups, all.MayBeEmpty, mayMissGroup, isPlain && HasOneMatch());
    }

    // Where a piece that repeats is followed by one that must come and shares no character with it, there is one way to
    // divide a text among them.
    bool HasOneMatch()
    {
        var last = pieces.FindLastIndex(p => !p.IsFixed);
        return !pieces.Where((p, i) => i < last && !p.IsFixed && !(pieces[i + 1].Least > 0 && !pieces[i + 1].Characters.Meets(p.Characters))).Any();
    }

    Part Choices()
    {
        if (++depth > Deepest) throw Wrong("brackets are nested too deeply", $"{Deepest} are the most");
        var before = groups;
        var all = Branch();
        while (Next == '|' && !AtEnd)
        {
            at++;
            Write("|");
            var other = Branch();
            all = new(all.MayBeEmpty || other.MayBeEmpty, Math.Max(all.Times, other.Times));
            isPlain = false;
            mayMissGroup |= groups > before;
        }
        depth--;
        return all;
    }

    Part Branch()
    {
        var all = new Part(true, 1);
        while (!AtEnd && Next is not ('|' or ')'))
        {
            var before = groups;
            var part = Quantified(Atom(out var characters), characters, groups > before);
            all = new(all.MayBeEmpty && part.MayBeEmpty, Math.Max(all.Times, part.Times));
        }
        return all;
    }

    // What stands at one place; its characters where it is one of some, null where it is an anchor or in brackets.
    Part Atom(out CharacterSet? characters)
    {
        characters = null;
        switch (Next)
        {
            case '^' or '$':
                if (Next == '^') Write("^");
                else Write("$", @"\z");
                isPlain &= Next == '^' ? at == 0 : at == pattern.Length - 1;
                at++;
                if (Next is '*' or '+' or '?' or '{' && !AtEnd) throw Wrong("an anchor can't be repeated", "Put what is to be repeated in brackets");
                return new(true, 1);
            case '(':
                return Bracket();
            case '*' or '+' or '?':
                throw Wrong($"'{Next}' has nothing before it to repeat", $@"Write \{Next} for the character");
            case '{':
                throw Wrong("'{' has nothing before it to repeat", @"Write \{ for the character");
            case '.':
                at++;
                characters = CharacterSet.AllButLineFeed;
                break;
            case '[':
                characters = Class();
                break;
            case '\\':
                characters = Escape();
                break;
            default:
                var one = Character();
                characters = CharacterSet.Range(one, one);
                break;
        }
        Write(characters.ToSql(), characters.ToNet());
        return new(false, 1);
    }

    Part Bracket()
    {
        var captures = !pattern.AsSpan(at).StartsWith("(?");
        if (!captures && !pattern.AsSpan(at).StartsWith("(?:"))
            throw Wrong("look-around, inline options, named and atomic groups aren't shared by all engines", "Write the group as (...) or (?:...), and test what is around it by another step");
        at += captures ? 1 : 3;
        if (captures) groups++;
        Write(captures ? "(" : "(?:");
        var inside = Choices();
        if (AtEnd) throw Wrong("a bracket isn't closed", @"Write \( for the character");
        at++;
        Write(")");
        return inside;
    }

    Part Quantified(Part atom, CharacterSet? characters, bool captures)
    {
        if (Times() is not var (least, most))
        {
            if (characters is not null) pieces.Add(new(characters, 1, true));
            return atom;
        }
        if (Next == '?' && !AtEnd)
        {
            at++;
            Write("?");
            isPlain = false;
        }
        if (!AtEnd && Next is '*' or '+' or '?' or '{') throw Wrong("a repetition is repeated, or possessive", "Put the inner one in brackets, or leave the second sign out");
        var times = atom.Times * Math.Max(1, most ?? least);
        if (times > MostTimesInAll) throw Wrong($"repetitions come to {times:N0} times", $"All that are nested may come to {MostTimesInAll:N0}");
        if (characters is not null) pieces.Add(new(characters, least, least == most));
        else isPlain = false;
        // A group that is repeated over nothing has captured in one engine and not in another.
        mayMissGroup |= captures && (least == 0 || atom.MayBeEmpty);
        return new(atom.MayBeEmpty || least == 0, times);
    }

    // How often what came before is to stand there; written as it is read.
    (int Least, int? Most)? Times()
    {
        if (AtEnd) return null;
        switch (Next)
        {
            case '*':
                at++;
                Write("*");
                return (0, null);
            case '+':
                at++;
                Write("+");
                return (1, null);
            case '?':
                at++;
                Write("?");
                return (0, 1);
            case '{':
                var end = pattern.IndexOf('}', at);
                var counts = end < 0 ? [] : pattern[(at + 1)..end].Split(',');
                if (counts.Length is not (1 or 2) || Count(counts[0]) is not { } least || (counts.Length == 2 && counts[1].Length > 0 && Count(counts[1]) is null))
                    throw Wrong("braces hold no count of repetitions", @"Write {2}, {2,} or {2,5}, and \{ for the character");
                var most = counts.Length == 1 ? least : counts[1].Length == 0 ? (int?)null : Count(counts[1]);
                if (least > MostTimes || most > MostTimes || most < least) throw Wrong($"'{pattern[at..(end + 1)]}' is no count of repetitions", $"They go from few to many, up to {MostTimes}");
                Write(pattern[at..(end + 1)]);
                at = end + 1;
                return (least, most);
            default:
                return null;
        }

        static int? Count(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;
    }

    CharacterSet Class()
    {
        var start = at++;
        var isNegated = Next == '^' && !AtEnd;
        if (isNegated) at++;
        var all = CharacterSet.Range(0, 0x10FFFF).Others;
        for (var first = true; first || Next != ']' || AtEnd; first = false)
        {
            if (AtEnd) throw Wrong("a class isn't closed", @"Write \[ for the character", start);
            if (Next == '[' && at + 1 < pattern.Length && pattern[at + 1] is ':' or '.' or '=')
                throw Wrong("named classes such as [:alpha:] aren't shared by all engines", "Write the characters, as in [A-Za-z]");
            if (pattern.AsSpan(at).StartsWith("-[")) throw Wrong("classes can't be taken from each other", @"Write \[ for the character");
            var one = Next == '\\' ? Escape() : null;
            var from = one is null ? Character() : one.Single;
            if (Next == '-' && at + 1 < pattern.Length && pattern[at + 1] != ']')
            {
                if (pattern[at + 1] == '[') throw Wrong("classes can't be taken from each other", @"Write \[ for the character");
                at++;
                var to = Next == '\\' ? Escape().Single : Character();
                if (from is null || to is null || from > to) throw Wrong("a range goes from one character to a later one", @"Write \- for the character");
                one = CharacterSet.Range(from.Value, to.Value);
            }
            all = all.With(one ?? CharacterSet.Range(from!.Value, from.Value));
        }
        at++;
        if (isNegated) all = all.Others;
        return all.IsEmpty ? throw Wrong("a class has no characters", "Leave out what can never be", start) : all;
    }

    CharacterSet Escape()
    {
        at++;
        if (AtEnd) throw Wrong("it ends with a backslash", @"Write \\ for the character");
        var c = Next;
        CharacterSet? known = c switch
        {
            'd' => CharacterSet.Digits,
            'D' => CharacterSet.Digits.Others,
            'w' => CharacterSet.Word,
            'W' => CharacterSet.Word.Others,
            's' => CharacterSet.Space,
            'S' => CharacterSet.Space.Others,
            't' => CharacterSet.Range('\t', '\t'),
            'n' => CharacterSet.Range('\n', '\n'),
            'r' => CharacterSet.Range('\r', '\r'),
            'f' => CharacterSet.Range('\f', '\f'),
            'v' => CharacterSet.Range('\v', '\v'),
            _ => null,
        };
        if (known is null)
        {
            if (char.IsLetterOrDigit(c) || c == '_' || c >= 0x80) throw Wrong($@"\{c} isn't shared by all engines", @"Escapes are \d \w \s \t \n \r \f \v, their opposites in capitals, and those of punctuation");
            known = CharacterSet.Range(c, c);
        }
        at++;
        return known;
    }

    int Character()
    {
        if (Next == '\0' || !Rune.TryGetRuneAt(pattern, at, out var rune)) throw Wrong("it holds a character that is no text", "Leave it out");
        at += rune.Utf16SequenceLength;
        return rune.Value;
    }

    void Write(string sqlText, string? netText = null)
    {
        sql.Append(sqlText);
        net.Append(netText ?? sqlText);
    }

    PlanException Wrong(string what, string remedy, int? place = null) =>
        new($"The pattern '{pattern}' isn't one that all engines read alike: {what}, at character {(place ?? Math.Min(at, Math.Max(0, pattern.Length - 1))) + 1}. {remedy}.");
}
