using System.Runtime.InteropServices;
using Millrace.Plans;

namespace Millrace.Data;

sealed class ContentBookmark(string name) : Bookmark(name)
{
    internal override BookmarkProgress Begin(Schema schema, string? state) => new ContentProgress(state);
}

/// <summary>State: the hashes of all rows that were loaded, 16 bytes each, in base 64.</summary>
sealed class ContentProgress : BookmarkProgress
{
    readonly HashSet<UInt128> before, seen;

    internal ContentProgress(string? state)
    {
        before = state is null ? [] : [.. MemoryMarshal.Cast<byte, UInt128>(Convert.FromBase64String(state)).ToArray()];
        seen = [.. before];
    }

    internal override Relation Past(Relation plan) => plan;

    internal override Batch Follow(Batch batch)
    {
        var kept = new List<int>(batch.Count);
        for (var row = 0; row < batch.Count; row++)
        {
            var hash = RowHash.Of(batch, row);
            seen.Add(hash);
            // Rows that are alike within one load are all new.
            if (!before.Contains(hash)) kept.Add(row);
        }
        return Keep(batch, kept);
    }

    internal override string State => Convert.ToBase64String(MemoryMarshal.AsBytes<UInt128>(seen.ToArray()));
}
