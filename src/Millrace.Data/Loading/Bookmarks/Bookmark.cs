using Millrace.Plans;

namespace Millrace.Data;

/// <summary>How far a load has read its source. The state lives beside the target and is committed with the rows.</summary>
public abstract class Bookmark
{
    private protected Bookmark(string name) => Name = name;

    /// <summary>What the state is kept under: two loads of one target from two sources have two names.</summary>
    public string Name { get; }

    /// <summary>
    /// Rows whose value in the column is past the greatest that was loaded: a number that grows, a time of change. Rows that share the
    /// greatest value are told apart by their content, so that one that arrives late at the same moment is not lost and none comes twice.
    /// </summary>
    public static Bookmark ByKey(string column, string? name = null) => new KeyBookmark(column, name ?? column);

    /// <summary>
    /// Rows that aren't as they were: for sources that don't say what changed. Where the target has a key, a row is new when its
    /// content isn't what its key had last; without one, when the load before had no row like it. The state has some 70 bytes
    /// for each key, or some 35 for each row of the last load.
    /// </summary>
    public static Bookmark ByContent(string name = "content") => new ContentBookmark(name);

    internal abstract BookmarkProgress Begin(Schema schema, IReadOnlyList<string> key, string? state);
}

/// <summary>One load's way past a bookmark.</summary>
abstract class BookmarkProgress
{
    /// <summary>The plan without what was loaded before, as far as a plan can say it.</summary>
    internal abstract Relation Past(Relation plan);

    /// <summary>Takes the batch over, notes it, and gives what of it is new.</summary>
    internal abstract Batch Follow(Batch batch);

    internal abstract string State { get; }

    private protected static Batch Keep(Batch batch, List<int> rows)
    {
        if (rows.Count == batch.Count) return batch;
        var taken = rows.ToArray();
        var columns = new Column[batch.Columns.Length];
        for (var i = 0; i < columns.Length; i++) columns[i] = batch[i].Take(taken, batch.Memory);
        return new Batch(batch.Schema, taken.Length, columns, batch.Memory);
    }
}
