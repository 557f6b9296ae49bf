using System.Globalization;
using Millrace.Broker.Files;

namespace Millrace.Broker.Logs;

/// <summary>
/// Puts one cleaned file in the place of several segments, so that a crash leaves the old ones or the new one:
/// <code>
///  1. 0...0100.0...0900.cleaned  is written and flushed; what is found with that name is deleted
///  2. it becomes a .swap         from here on the new one counts
///  3. the old ones between 100 and 900 go, the first one's index too
///  4. the .swap becomes 0...0100.log
/// </code>
/// The folder is flushed between the steps, as their order on the disk would be anyone's guess.
/// </summary>
readonly record struct SegmentSwap(long BaseOffset, long NextOffset, IReadOnlyList<long> Old)
{
    const string CleanedEnd = ".cleaned", SwapEnd = ".swap";

    internal string CleanedName => Name(CleanedEnd);

    string Name(string end) => string.Create(CultureInfo.InvariantCulture, $"{BaseOffset:D20}.{NextOffset:D20}{end}");

    internal void Commit(DiskFolder folder)
    {
        folder.Rename(CleanedName, Name(SwapEnd));
        folder.Flush();
    }

    internal void Finish(DiskFolder folder)
    {
        // A try before this one may have got so far already.
        var swap = Name(SwapEnd);
        if (!folder.Files().Any(f => f.Name == swap)) return;
        folder.Delete(Segment.Name(BaseOffset, Segment.IndexEnd));
        foreach (var old in Old)
        {
            if (old != BaseOffset) Segment.Delete(folder, old);
        }
        folder.Flush();
        folder.Rename(swap, Segment.Name(BaseOffset, Segment.LogEnd));
        folder.Flush();
    }

    /// <summary>Brings to an end what a crash left half done.</summary>
    internal static void FinishAll(DiskFolder folder)
    {
        var names = folder.Files().Select(f => f.Name).ToList();
        foreach (var name in names.Where(n => n.EndsWith(CleanedEnd, StringComparison.Ordinal) || n.EndsWith(".new", StringComparison.Ordinal))) folder.Delete(name);
        foreach (var name in names.Where(n => n.EndsWith(SwapEnd, StringComparison.Ordinal)))
        {
            var (first, next) = (long.Parse(name.AsSpan(0, 20), CultureInfo.InvariantCulture), long.Parse(name.AsSpan(21, 20), CultureInfo.InvariantCulture));
            var old = names.Where(n => n.EndsWith(Segment.LogEnd, StringComparison.Ordinal)).Select(n => long.Parse(n.AsSpan(0, 20), CultureInfo.InvariantCulture));
            new SegmentSwap(first, next, [.. old.Where(o => o > first && o < next)]).Finish(folder);
        }
    }
}
