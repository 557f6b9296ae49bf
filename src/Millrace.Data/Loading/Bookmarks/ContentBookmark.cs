using Millrace.Plans;

namespace Millrace.Data;

sealed class ContentBookmark(string name) : Bookmark(name)
{
    internal override BookmarkProgress Begin(Schema schema, IReadOnlyList<string> key, string? state) => new ContentProgress(key, state);
}

/// <summary>State: the rows as <see cref="SeenRows"/> keeps them, one beside the other.</summary>
sealed class ContentProgress : BookmarkProgress
{
    readonly SeenRows seen;

    internal ContentProgress(IReadOnlyList<string> key, string? state)
    {
        seen = new SeenRows(key);
        if (state is not null) seen.Resume(state.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    internal override Relation Past(Relation plan) => plan;

    internal override Batch Follow(Batch batch)
    {
        var kept = new List<int>(batch.Count);
        for (var row = 0; row < batch.Count; row++)
            if (seen.IsNew(batch, row)) kept.Add(row);
        return Keep(batch, kept);
    }

    internal override string State => string.Join(' ', seen.State);
}
