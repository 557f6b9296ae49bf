using Millrace.Broker.Files;

namespace Millrace.Broker.Tests.Files;

/// <summary>
/// A disk in memory that does what disks may do. What isn't flushed is on it by chance when the power goes: each 512 bytes
/// of each page by themselves, names of files apart from what's in them, renames in any order. A flush that fails leaves
/// pages that no later flush writes.
/// </summary>
sealed class SimulatedDisk
{
    internal const int Page = 4096, Sector = 512;

    readonly Lock gate = new();
    readonly SimulatedFolder root;

    internal SimulatedDisk(int seed) : this(new Random(seed), null)
    {
    }

    SimulatedDisk(Random random, FolderNode? node)
    {
        Random = random;
        root = new SimulatedFolder(this, node ?? new FolderNode(), "/disk");
    }

    internal Lock Gate => gate;

    internal Random Random { get; }

    internal DiskFolder Root => root;

    internal long Operations { get; private set; }

    internal long Flushes { get; private set; }

    /// <summary>The number of the operation that isn't done any more.</summary>
    internal long PowerGoesAt { get; set; } = long.MaxValue;

    internal bool IsOff => Operations >= PowerGoesAt;

    /// <summary>Bytes that may still be added to files.</summary>
    internal long Free { get; set; } = long.MaxValue;

    /// <summary>How many of a hundred flushes fail.</summary>
    internal int FailingFlushes { get; set; }

    /// <summary>Is called before each write to a file: what it takes, the write takes.</summary>
    internal Action? Writing { get; set; }

    /// <summary>Is called at the beginning of each operation that changes something.</summary>
    internal void Step(DiskStep step, string path)
    {
        if (IsOff) throw new IOException("The power is gone.");
        Operations++;
        // A flush that is refused loses pages as well, which is for the file to say.
        if (step != DiskStep.Flush && Refuses?.Invoke(step, path) == true) throw new IOException($"'{path}': Input/output error at {step}");
    }

    /// <summary>Which operations the disk refuses, by what they do and to which file or folder.</summary>
    internal Func<DiskStep, string, bool>? Refuses { get; set; }

    /// <summary>Which files it refuses to read. Apart from the steps: reading changes nothing.</summary>
    internal Func<string, bool>? RefusesRead { get; set; }

    /// <summary>Files that were opened and not closed.</summary>
    internal int OpenFiles { get; set; }

    internal void CountFlush()
    {
        Flushes++;
    }

    internal bool Fails(string path) => (FailingFlushes > 0 && Random.Next(100) < FailingFlushes) || Refuses?.Invoke(DiskStep.Flush, path) == true;

    /// <summary>The disk after a loss of power.</summary>
    internal SimulatedDisk AfterPowerLoss()
    {
        lock (gate) return new SimulatedDisk(Random, root.Node.AfterPowerLoss(Random));
    }

    /// <summary>The disk after the process was killed: what was written is in the page cache.</summary>
    internal SimulatedDisk AfterKill()
    {
        lock (gate) return new SimulatedDisk(Random, root.Node);
    }
}

/// <summary>What an operation does to a disk.</summary>
enum DiskStep { Create, Write, SetLength, Flush, Rename, Delete, Read }

/// <summary>A folder as programs see it, as it's on the disk, and what lies between.</summary>
sealed class FolderNode
{
    internal Dictionary<string, object> Now { get; private init; } = [];

    Dictionary<string, object> durable = [];
    List<Action<Dictionary<string, object>>> pending = [];

    internal void Change(Action<Dictionary<string, object>> change)
    {
        change(Now);
        pending.Add(change);
    }

    internal void Flush()
    {
        durable = new(Now);
        pending = [];
    }

    internal FolderNode AfterPowerLoss(Random random)
    {
        var names = new Dictionary<string, object>(durable);
        var likely = random.Next(3) * 50;
        foreach (var change in pending)
            if (random.Next(100) < likely) change(names);
        // One file may have two names for a moment: both show the same.
        var after = new Dictionary<object, object>(ReferenceEqualityComparer.Instance);
        foreach (var node in names.Values) after.TryAdd(node, node is FolderNode folder ? folder.AfterPowerLoss(random) : ((FileNode)node).AfterPowerLoss(random));
        var now = names.ToDictionary(p => p.Key, p => after[p.Value]);
        return new FolderNode { Now = now, durable = new(now) };
    }
}

sealed class SimulatedFolder(SimulatedDisk disk, FolderNode? node, string path, FolderNode? above = null) : DiskFolder
{
    FolderNode? node = node;

    string Name => path[(path.LastIndexOf('/') + 1)..];

    internal FolderNode Node => node ??= above?.Now.GetValueOrDefault(Name) as FolderNode ?? throw new DirectoryNotFoundException(path);

    internal override string Path => path;

    internal override DiskFolder Folder(string name)
    {
        lock (disk.Gate) return new SimulatedFolder(disk, Exists ? Node.Now.GetValueOrDefault(name) as FolderNode : null, $"{path}/{name}", Exists ? Node : null);
    }

    internal override bool Exists
    {
        get
        {
            lock (disk.Gate) return node is not null || above?.Now.ContainsKey(Name) == true;
        }
    }

    internal override void Create()
    {
        lock (disk.Gate)
        {
            disk.Step(DiskStep.Create, path);
            var made = new FolderNode();
            above!.Change(names => names[Name] = made);
        }
    }

    internal override IReadOnlyList<FileEntry> Files()
    {
        lock (disk.Gate) return [.. Node.Now.Where(p => p.Value is FileNode).Select(p => new FileEntry(p.Key, ((FileNode)p.Value).Length))];
    }

    internal override IReadOnlyList<string> FolderNames()
    {
        lock (disk.Gate) return [.. Node.Now.Where(p => p.Value is FolderNode).Select(p => p.Key)];
    }

    internal override DiskFile Open(string name, bool mustExist = false)
    {
        lock (disk.Gate)
        {
            if (disk.IsOff) throw new IOException("The power is gone.");
            if (Node.Now.GetValueOrDefault(name) is FileNode there) return new SimulatedFile(disk, there, $"{path}/{name}");
            if (mustExist) throw new FileNotFoundException($"'{path}/{name}' isn't there.");
            disk.Step(DiskStep.Create, $"{path}/{name}");
            var made = new FileNode();
            Node.Change(names => names[name] = made);
            return new SimulatedFile(disk, made, $"{path}/{name}");
        }
    }

    internal override void Delete(string name)
    {
        lock (disk.Gate)
        {
            disk.Step(DiskStep.Delete, $"{path}/{name}");
            Node.Change(names => names.Remove(name));
        }
    }

    internal override void Rename(string from, string to)
    {
        lock (disk.Gate)
        {
            disk.Step(DiskStep.Rename, $"{path}/{to}");
            var node = Node.Now.GetValueOrDefault(from) ?? throw new FileNotFoundException($"'{path}/{from}' isn't there.");
            Node.Change(names =>
            {
                // What was at the old name by then stays there, if it's another file.
                if (names.GetValueOrDefault(from) == node) names.Remove(from);
                names[to] = node;
            });
        }
    }

    internal override void DeleteFolder(string name) => Delete(name);

    internal override void Flush()
    {
        lock (disk.Gate)
        {
            disk.Step(DiskStep.Flush, path);
            disk.CountFlush();
            if (disk.Fails(path)) throw new IOException($"'{path}' can't be written to the disk: Input/output error");
            Node.Flush();
        }
    }
}
