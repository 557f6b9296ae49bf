namespace Millrace.Broker.Logs;

/// <summary>
/// At which offset each leader epoch of a partition began. Every start of the broker is a new epoch, and each batch names its
/// own: so the log tells them again after a crash, and a checkpoint keeps those before it.
/// </summary>
sealed class LeaderEpochs
{
    readonly List<EpochStart> starts = [];

    internal IReadOnlyList<EpochStart> All => starts;

    internal int Latest => starts.Count == 0 ? -1 : starts[^1].Epoch;

    internal void Restore(IEnumerable<EpochStart> all)
    {
        starts.Clear();
        starts.AddRange(all);
    }

    /// <summary>Is told of each batch.</summary>
    internal void See(int epoch, long offset)
    {
        if (epoch > Latest) starts.Add(new(epoch, offset));
    }

    /// <summary>The epoch at or before that one, and where the next one begins.</summary>
    internal (int Epoch, long EndOffset) EndOf(int epoch, long logEnd)
    {
        if (epoch == Latest) return (epoch, logEnd);
        var index = starts.FindLastIndex(s => s.Epoch <= epoch);
        if (index < 0 || epoch > Latest) return (-1, -1);
        return (starts[index].Epoch, index + 1 < starts.Count ? starts[index + 1].Offset : logEnd);
    }

    internal int EpochAt(long offset)
    {
        var index = starts.FindLastIndex(s => s.Offset <= offset);
        return index < 0 ? -1 : starts[index].Epoch;
    }

    internal void DropBefore(long offset)
    {
        // The one that holds the offset stays, and begins there.
        var index = starts.FindLastIndex(s => s.Offset <= offset);
        if (index < 0) return;
        starts.RemoveRange(0, index);
        starts[0] = new(starts[0].Epoch, offset);
    }
}

readonly record struct EpochStart(int Epoch, long Offset);
