using System.Globalization;
using System.Text;

namespace Millrace.Data;

/// <summary>How many places of a terminal a text takes: two for East Asian letters and emoji, none for what joins the letter before it.</summary>
static class TextWidth
{
    static readonly (int First, int Last)[] wide =
    [
        (0x1100, 0x115F), (0x231A, 0x231B), (0x23E9, 0x23EC), (0x2E80, 0x303E), (0x3041, 0xA4CF), (0xA960, 0xA97F), (0xAC00, 0xD7A3), (0xF900, 0xFAFF),
        (0xFE30, 0xFE6F), (0xFF00, 0xFF60), (0xFFE0, 0xFFE6), (0x1F1E6, 0x1F1FF), (0x1F300, 0x1F64F), (0x1F680, 0x1F6FF), (0x1F900, 0x1F9FF), (0x1FA70, 0x1FAFF), (0x20000, 0x3FFFD),
    ];

    internal static int Of(string text)
    {
        var width = 0;
        foreach (var element in Elements(text)) width += OfElement(element);
        return width;
    }

    /// <summary>The text where it fits, or as much of it as does, and an ellipsis.</summary>
    internal static string Cut(string text, int most)
    {
        if (Of(text) <= most) return text;
        var kept = new StringBuilder();
        var left = most - 1;
        foreach (var element in Elements(text))
        {
            if ((left -= OfElement(element)) < 0) break;
            kept.Append(element);
        }
        return kept.Append('…').ToString();
    }

    static IEnumerable<string> Elements(string text)
    {
        for (var at = 0; at < text.Length;)
        {
            var length = StringInfo.GetNextTextElementLength(text, at);
            yield return text.Substring(at, length);
            at += length;
        }
    }

    static int OfElement(string element)
    {
        if (element.Length == 1 && element[0] < 0x300) return char.IsControl(element[0]) ? 0 : 1;
        var width = 0;
        foreach (var rune in element.EnumerateRunes())
        {
            // The selector that makes a sign an emoji.
            if (rune.Value == 0xFE0F || wide.Any(w => rune.Value >= w.First && rune.Value <= w.Last)) return 2;
            if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format)) width = 1;
        }
        return width;
    }
}
