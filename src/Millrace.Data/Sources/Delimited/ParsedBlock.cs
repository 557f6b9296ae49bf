namespace Millrace.Data;

/// <summary>
/// What became of a block. Its lines are counted from its own start: blocks are parsed side by side, and only who takes
/// them in order knows how many lines came before.
/// </summary>
/// <param name="LineOfRow">Null where nobody asked for it.</param>
/// <param name="Refused">Rows that the batch lacks.</param>
/// <param name="Discarded">Values that are null in the batch and weren't in the file.</param>
sealed record ParsedBlock(InputFile File, Batch Batch, long[]? LineOfRow, IReadOnlyList<BadRow> Refused, IReadOnlyList<BadRow> Discarded) : IDisposable
{
    /// <summary>Whether it is the first of its file, and the lines above it there.</summary>
    internal bool First { get; init; }
    internal int LinesAbove { get; init; }

    internal int Lines { get; init; }
    internal int Bytes { get; init; }

    public void Dispose() => Batch.Dispose();
}
