namespace Millrace.Authoring.Watching;

/// <summary>
/// Says when to look at a folder: soon after something in it was touched and it has been quiet for a moment, and now and then
/// anyway. It never says what changed: a look finds that, and notifications can be late, doubled or lost.
/// </summary>
sealed class FolderWatch : IDisposable
{
    // A long save storm (a git checkout) is looked at in between.
    const int MostExtensions = 10;

    readonly AuthoringOptions options;
    readonly Action look;
    readonly Lock gate = new();
    readonly ITimer quiet, rescan;
    FileSystemWatcher? watcher;
    int extensions;
    bool pending, disposed;

    public FolderWatch(AuthoringOptions options, TimeProvider time, Action look)
    {
        (this.options, this.look) = (options, look);
        quiet = time.CreateTimer(_ => Settled(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        rescan = time.CreateTimer(_ => Rescan(), null, options.Rescan, options.Rescan);
        Listen();
    }

    /// <summary>As if something had been touched.</summary>
    public void LookIn(TimeSpan delay)
    {
        lock (gate)
        {
            if (disposed) return;
            pending = true;
            quiet.Change(delay, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            watcher?.Dispose();
            quiet.Dispose();
            rescan.Dispose();
        }
    }

    void Touched()
    {
        lock (gate)
        {
            if (disposed || (pending && ++extensions > MostExtensions)) return;
            pending = true;
            quiet.Change(options.Settle, Timeout.InfiniteTimeSpan);
        }
    }

    void Settled()
    {
        lock (gate) (pending, extensions) = (false, 0);
        look();
    }

    void Rescan()
    {
        // The folder may have been replaced, or the system may have run out of watches when it was first tried.
        lock (gate) if (!disposed && watcher is null) Listen();
        look();
    }

    void Listen()
    {
        try
        {
            var listening = new FileSystemWatcher(options.Folder)
            {
                IncludeSubdirectories = true,
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size,
            };
            listening.Changed += (_, e) => Touched(e.Name);
            listening.Created += (_, e) => Touched(e.Name);
            listening.Deleted += (_, e) => Touched(e.Name);
            listening.Renamed += (_, _) => Touched();
            listening.Error += (_, _) => Lost(listening);
            listening.EnableRaisingEvents = true;
            watcher = listening;
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            // No watches left, or no folder: the rescan goes on and tries again.
            watcher = null;
        }
    }

    // Editors and builds write much that is no source: no look for those.
    void Touched(string? name)
    {
        if (name is not null && name.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" || part.StartsWith('.'))) return;
        Touched();
    }

    void Lost(FileSystemWatcher lost)
    {
        lock (gate)
        {
            lost.Dispose();
            if (watcher == lost) watcher = null;
            if (!disposed) Listen();
        }
        Touched();
    }
}
