using System.Buffers;
using System.Text;

namespace Millrace.Storage.Sql;

static class StorableText
{
    static readonly SearchValues<char> Suspects = SearchValues.Create([.. Enumerable.Range(0xD800, 0x800).Select(c => (char)c), '\0']);

    /// <summary>The text without what a database refuses or cuts at: NUL, and halves of surrogate pairs.</summary>
    /// <remarks>A task may put anything into its exception's message; that must not keep its run from being written.</remarks>
    internal static string? Storable(this string? text)
    {
        if (text is null || !text.AsSpan().ContainsAny(Suspects))
            return text;
        var storable = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            storable.Append(rune.Value == 0 ? Rune.ReplacementChar : rune);
        return storable.ToString();
    }
}
