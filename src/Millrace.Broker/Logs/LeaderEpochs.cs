using System.Globalization;
using System.Text;
using Millrace.Broker.Files;

namespace Millrace.Broker.Logs;

/// <summary>At which offset each leader epoch of a partition began: a line each in the file "leader-epochs". Every start of the broker is a new epoch.</summary>
sealed class LeaderEpochs
{
    const string Name = "leader-epochs";

    readonly DiskFolder folder;
    readonly List<(int Epoch, long Start)> starts = [];

    internal LeaderEpochs(DiskFolder folder)
    {
        this.folder = folder;
        foreach (var line in Encoding.ASCII.GetString(folder.ReadAll(Name) ?? []).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split(' ') is [var epoch, var start] && int.TryParse(epoch, CultureInfo.InvariantCulture, out var e) && long.TryParse(start, CultureInfo.InvariantCulture, out var s))
                starts.Add((e, s));
        }
    }

    internal int Latest => starts.Count == 0 ? -1 : starts[^1].Epoch;

    /// <summary>The epoch of what is appended from now on. It's written with the first record of it.</summary>
    internal void Begin(int epoch, long offset)
    {
        if (epoch <= Latest) return;
        // An epoch without a record leaves no trace.
        starts.RemoveAll(s => s.Start >= offset);
        starts.Add((epoch, offset));
        Save();
    }

    /// <summary>The epoch at or before that one, and where the next one begins.</summary>
    internal (int Epoch, long EndOffset) EndOf(int epoch, long logEnd)
    {
        if (epoch == Latest) return (epoch, logEnd);
        var index = starts.FindLastIndex(s => s.Epoch <= epoch);
        if (index < 0 || epoch > Latest) return (-1, -1);
        return (starts[index].Epoch, index + 1 < starts.Count ? starts[index + 1].Start : logEnd);
    }

    internal int EpochAt(long offset)
    {
        var index = starts.FindLastIndex(s => s.Start <= offset);
        return index < 0 ? -1 : starts[index].Epoch;
    }

    internal void DropBefore(long offset)
    {
        // The one that holds the offset stays, and begins there.
        var index = starts.FindLastIndex(s => s.Start <= offset);
        if (index < 0 || (index == 0 && starts[0].Start == offset)) return;
        starts.RemoveRange(0, index);
        starts[0] = (starts[0].Epoch, offset);
        Save();
    }

    void Save() => folder.Replace(Name, Encoding.ASCII.GetBytes(string.Concat(starts.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Epoch} {s.Start}\n")))));
}
