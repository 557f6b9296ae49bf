using Millrace.Broker.Files;

namespace Millrace.Broker.Tests.Files;

/// <summary>A file's bytes in the page cache, on the disk, and the pages that are still to be written.</summary>
sealed class FileNode
{
    byte[] now = [];
    byte[] durable = [];
    int length;
    // In the order in which they were dirtied; a negative page stands for a new length.
    List<(int Page, byte[] Content, int Length)> pending = [];

    internal int Length => length;

    internal int Read(Span<byte> buffer, long position)
    {
        if (position >= length) return 0;
        var count = (int)Math.Min(buffer.Length, length - position);
        now.AsSpan((int)position, count).CopyTo(buffer);
        return count;
    }

    internal void Write(ReadOnlySpan<byte> bytes, long position)
    {
        var end = (int)position + bytes.Length;
        if (end > now.Length) Array.Resize(ref now, Math.Max(end, now.Length * 2));
        bytes.CopyTo(now.AsSpan((int)position));
        length = Math.Max(length, end);
        Dirty((int)position, end);
    }

    void Dirty(int from, int to)
    {
        for (var page = from / SimulatedDisk.Page; page * SimulatedDisk.Page < to; page++)
        {
            var start = page * SimulatedDisk.Page;
            pending.Add((page, now.AsSpan(start, Math.Min(SimulatedDisk.Page, length - start)).ToArray(), length));
        }
    }

    internal void SetLength(long to)
    {
        var before = length;
        length = (int)to;
        if (length > now.Length) Array.Resize(ref now, length);
        if (length < before)
        {
            now.AsSpan(length, before - length).Clear();
            // Pages behind the end have nobody any more who would write them.
            pending.Add((-1, [], length));
            if (length % SimulatedDisk.Page > 0) Dirty(length / SimulatedDisk.Page * SimulatedDisk.Page, length);
        }
        else if (length > before)
        {
            pending.Add((-1, [], length));
        }
    }

    internal void Flush()
    {
        // Not a copy of what the cache has: pages that a failed flush let go of aren't written.
        durable = Apply(durable, pending, _ => true);
        pending = [];
    }

    internal void FailFlush(Random random)
    {
        durable = Apply(durable, pending, _ => random.Next(2) == 0);
        pending = [];
    }

    static byte[] Apply(byte[] onto, List<(int Page, byte[] Content, int Length)> changes, Func<int, bool> happens)
    {
        var (bytes, size) = (onto.ToArray(), onto.Length);
        foreach (var (page, content, length) in changes)
        {
            if (page < 0)
            {
                if (happens(0)) Resize(length);
                continue;
            }
            for (var at = 0; at < content.Length; at += SimulatedDisk.Sector)
            {
                if (!happens(page)) continue;
                var part = content.AsSpan(at, Math.Min(SimulatedDisk.Sector, content.Length - at));
                var position = page * SimulatedDisk.Page + at;
                // What lies between the old end and this reads as zeros.
                if (size < position + part.Length) Resize(position + part.Length);
                part.CopyTo(bytes.AsSpan(position));
            }
        }
        return bytes[..size];

        void Resize(int to)
        {
            if (to > bytes.Length) Array.Resize(ref bytes, Math.Max(to, 2 * bytes.Length));
            if (to < size) bytes.AsSpan(to, size - to).Clear();
            size = to;
        }
    }

    internal FileNode AfterPowerLoss(Random random)
    {
        var likely = random.Next(3) * 50;
        var bytes = Apply(durable, pending, _ => random.Next(100) < likely);
        return new FileNode { now = bytes, durable = bytes.ToArray(), length = bytes.Length };
    }

    /// <summary>Flips a bit somewhere behind a position, and returns its place.</summary>
    internal int FlipBit(Random random, int from)
    {
        var at = random.Next(from, length);
        now[at] ^= (byte)(1 << random.Next(8));
        durable = now[..length];
        pending = [];
        return at;
    }
}

sealed class SimulatedFile : DiskFile
{
    readonly SimulatedDisk disk;
    readonly FileNode node;
    readonly string path;
    bool isClosed;

    internal SimulatedFile(SimulatedDisk disk, FileNode node, string path)
    {
        (this.disk, this.node, this.path) = (disk, node, path);
        disk.OpenFiles++;
    }

    internal override long Length
    {
        get
        {
            lock (disk.Gate) return node.Length;
        }
    }

    internal override int Read(Span<byte> buffer, long position)
    {
        lock (disk.Gate)
        {
            ObjectDisposedException.ThrowIf(isClosed, this);
            if (disk.RefusesRead?.Invoke(path) == true) throw new IOException($"'{path}' can't be read: Input/output error");
            return node.Read(buffer, position);
        }
    }

    internal override void Write(ReadOnlySpan<byte> bytes, long position)
    {
        disk.Writing?.Invoke();
        lock (disk.Gate)
        {
            ObjectDisposedException.ThrowIf(isClosed, this);
            // The last write before the power goes may get half way.
            if (disk.Operations + 1 == disk.PowerGoesAt)
            {
                var sectors = disk.Random.Next(bytes.Length / SimulatedDisk.Sector + 2);
                node.Write(bytes[..(int)Math.Clamp(sectors * SimulatedDisk.Sector - position % SimulatedDisk.Sector, 0, bytes.Length)], position);
            }
            disk.Step(DiskStep.Write, path);
            var more = Math.Max(0, position + bytes.Length - node.Length);
            if (more > disk.Free)
            {
                var fits = (int)Math.Max(0, bytes.Length - more + disk.Free);
                if (fits > 0) node.Write(bytes[..fits], position);
                disk.Free = 0;
                throw new IOException($"No space left on device: '{path}'");
            }
            if (disk.Free != long.MaxValue) disk.Free -= more;
            node.Write(bytes, position);
        }
    }

    internal override void SetLength(long length)
    {
        lock (disk.Gate)
        {
            disk.Step(DiskStep.SetLength, path);
            if (length < node.Length && disk.Free != long.MaxValue) disk.Free += node.Length - length;
            node.SetLength(length);
        }
    }

    internal override void Flush()
    {
        lock (disk.Gate)
        {
            disk.Step(DiskStep.Flush, path);
            disk.CountFlush();
            if (disk.Fails(path))
            {
                node.FailFlush(disk.Random);
                throw new IOException($"'{path}' can't be written to the disk: Input/output error");
            }
            node.Flush();
        }
    }

    public override void Dispose()
    {
        lock (disk.Gate)
        {
            if (!isClosed) disk.OpenFiles--;
            isClosed = true;
        }
    }
}
