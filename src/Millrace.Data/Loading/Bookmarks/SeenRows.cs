using System.Globalization;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// Which content earlier loads had: with a key the one that each row had last, so that a row that goes back to what it was is
/// a change; without a key that of the load before, which is all that can be said of rows without a name.
/// </summary>
sealed class SeenRows(IReadOnlyList<string> key)
{
    // By the key's hash, or by the content's own.
    readonly Dictionary<UInt128, UInt128> before = [], now = [];
    bool forgets = key.Count == 0;

    /// <summary>Notes the row, and says whether it is new: of the rows of one load that are alike, all are.</summary>
    internal bool IsNew(Batch batch, int row)
    {
        var content = RowHash.Of(batch, row);
        var id = IdOf(batch, row, content);
        var isNew = !IsKnown(id, content);
        // Of rows that share their key, a load takes the first.
        if (isNew || key.Count == 0) now.TryAdd(id, content);
        return isNew;
    }

    /// <summary>Whether an earlier load had the row; it isn't noted.</summary>
    internal bool Had(Batch batch, int row)
    {
        var content = RowHash.Of(batch, row);
        return IsKnown(IdOf(batch, row, content), content);
    }

    /// <summary>What this load brings is kept beside what was there, key or not.</summary>
    internal void KeepAll() => forgets = false;

    /// <summary>What was there and what was noted isn't kept.</summary>
    internal void StartOver()
    {
        now.Clear();
        forgets = true;
    }

    internal IEnumerable<string> State => (forgets ? now : before.Where(b => !now.ContainsKey(b.Key)).Concat(now))
        .Select(r => r.Key == r.Value ? Text(r.Value) : $"{Text(r.Key)}:{Text(r.Value)}");

    internal void Resume(IEnumerable<string> state)
    {
        foreach (var text in state)
        {
            var parts = text.Split(':');
            var content = Number(parts[^1]);
            before[key.Count > 0 ? Number(parts[0]) : content] = content;
        }
    }

    bool IsKnown(UInt128 id, UInt128 content) => before.TryGetValue(id, out var known) && known == content;

    UInt128 IdOf(Batch batch, int row, UInt128 content) => key.Count == 0 ? content : RowHash.Of(batch, row, [.. key.Select(batch.Schema.IndexOf)]);

    static string Text(UInt128 hash) => hash.ToString("x32", CultureInfo.InvariantCulture);

    static UInt128 Number(string text) => UInt128.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
