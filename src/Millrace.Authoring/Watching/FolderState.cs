using System.Collections.Concurrent;
using Millrace.Authoring.Bundles;
using Millrace.Metadata;

namespace Millrace.Authoring.Watching;

/// <summary>
/// What is known of each source, and what a look at the folder or a finished reading changes about it. One caller at a time.
/// A source with problems keeps what it was last good as: only its errors are told.
/// </summary>
sealed class FolderState(AuthoringOptions options, string toolchain, BundleStore bundles, TimeProvider time)
{
    // File systems keep times by ticks of their own: a second change in the same tick can look like none.
    static readonly long RacyTicks = TimeSpan.FromMilliseconds(50).Ticks;

    readonly Dictionary<string, Known> sources = [];
    readonly SourceClaims claims = new();
    readonly BundleIndex index = new(bundles.Folder, options.Optimize);
    readonly Dictionary<string, BundleIndex.Entry> entries = [];

    sealed class Known(DagSource source)
    {
        public DagSource Source { get; set; } = source;
        /// <summary>Counts readings: only the newest one's outcome is of interest.</summary>
        public int Reading { get; set; }
        public long LookedAt { get; set; }
        public string? InForce { get; set; }
        /// <summary>Whether this process has said what is in force.</summary>
        public bool Told { get; set; }
        public bool HasErrors { get; set; }
        /// <summary>Good but for a Dag name that another source has.</summary>
        public SourceOutcome? Blocked { get; set; }
        public bool Missing { get; set; }
        public bool Emptied { get; set; }
    }

    public readonly record struct Work(DagSource Source, int Reading);

    /// <summary>Takes over what the last process left: unchanged sources are in force at once, without being opened.</summary>
    /// <param name="scan">The folder now.</param>
    /// <param name="recorded">Sources that the store has something about.</param>
    /// <param name="work">What must be read.</param>
    public List<SourceReading> Restore(IReadOnlyList<DagSource> scan, IEnumerable<string> recorded, out List<Work> work)
    {
        var left = index.Read(options.Folder, toolchain);
        var descriptions = new ConcurrentDictionary<string, Description>();
        Parallel.ForEach(left.Sources, entry =>
        {
            if (bundles.ReadDescription(entry.Value.Bundle) is { } description) descriptions[entry.Key] = description;
        });

        var readings = new List<SourceReading>();
        work = [];
        var present = scan.Select(source => source.Name).ToHashSet();
        foreach (var gone in left.Sources.Keys.Union(recorded).Where(name => name.Length > 0 && !present.Contains(name)).Order(StringComparer.Ordinal))
            readings.Add(new(gone, [], []) { Removed = true });
        foreach (var source in scan)
        {
            var known = sources[source.Name] = new(source) { LookedAt = time.GetUtcNow().UtcTicks };
            // Its names are its own even when the file has changed since: the last good version holds until the new one is good.
            if (left.Sources.TryGetValue(source.Name, out var entry) && descriptions.TryGetValue(source.Name, out var description)
                && claims.Claim(source.Name, description) is null)
            {
                entries[source.Name] = entry;
                known.InForce = entry.Bundle;
                if (left.Toolchain == toolchain && source.LooksLike(entry.Files) && bundles.Has(entry.Bundle))
                {
                    readings.Add(Good(known, description));
                    continue;
                }
            }
            work.Add(new(source, ++known.Reading));
        }
        return readings;
    }

    /// <summary>Compares the folder with what is known.</summary>
    /// <param name="scan">The folder now.</param>
    /// <param name="work">What must be read.</param>
    /// <param name="unsettled">Something looks like a save in progress: look again soon.</param>
    public List<SourceReading> Look(IReadOnlyList<DagSource> scan, out List<Work> work, out bool unsettled)
    {
        var readings = new List<SourceReading>();
        work = [];
        unsettled = false;
        var now = time.GetUtcNow().UtcTicks;
        var present = new HashSet<string>();
        foreach (var source in scan)
        {
            present.Add(source.Name);
            if (!sources.TryGetValue(source.Name, out var known)) sources[source.Name] = known = new(source);
            else if (known is { Missing: false, Emptied: false } && source.LooksLike(known.Source.Files) && !IsRacy(source, known.LookedAt)) continue;

            known.Missing = false;
            // Editors empty a file before they fill it: an empty one gets a second look before it counts.
            known.Emptied = !known.Emptied && !source.IsProject && source.Files[0].Size == 0;
            if (known.Emptied)
            {
                unsettled = true;
                continue;
            }
            known.Source = source;
            known.LookedAt = now;
            work.Add(new(source, ++known.Reading));
        }
        foreach (var (name, known) in sources.Where(known => !present.Contains(known.Key)).ToList())
        {
            if (!known.Missing)
            {
                // Some editors move the old file away before the new one is there.
                known.Missing = unsettled = true;
                continue;
            }
            sources.Remove(name);
            entries.Remove(name);
            claims.Release(name);
            readings.Add(new(name, [], []) { Removed = true });
        }
        if (readings.Count > 0) readings.AddRange(Unblock());
        return readings;
    }

    /// <summary>Whether this is still the reading that counts.</summary>
    public bool IsCurrent(Work work) => sources.TryGetValue(work.Source.Name, out var known) && known.Reading == work.Reading;

    public List<SourceReading> Arrived(Work work, SourceOutcome outcome)
    {
        if (!IsCurrent(work)) return [];
        var known = sources[work.Source.Name];
        known.Blocked = null;
        if (outcome.Description is null) return [Bad(known, outcome.Problems)];

        var isNews = !known.Told || outcome.Bundle != known.InForce || known.HasErrors;
        if (claims.Claim(work.Source.Name, outcome.Description) is { } taken)
        {
            known.Blocked = outcome;
            return [Bad(known, [new(null, 0, 0, ProblemKind.Duplicate, $"Dag '{taken.Dag}' is declared in '{taken.Owner}' and again in '{work.Source.Name}'. Rename one of them.")])];
        }
        known.InForce = outcome.Bundle;
        entries[work.Source.Name] = new(outcome.Bundle!, work.Source.Files);
        return isNews ? [Good(known, outcome.Description), .. Unblock()] : [];
    }

    public void Save() => index.Write(new(options.Folder, toolchain, entries));

    // A name may have become free: those that wait for it are tried again.
    List<SourceReading> Unblock()
    {
        var readings = new List<SourceReading>();
        foreach (var (name, known) in sources.Where(source => source.Value.Blocked is not null).OrderBy(source => source.Key, StringComparer.Ordinal))
        {
            var outcome = known.Blocked!;
            if (claims.Claim(name, outcome.Description!) is not null) continue;
            known.Blocked = null;
            known.InForce = outcome.Bundle;
            entries[name] = new(outcome.Bundle!, known.Source.Files);
            readings.Add(Good(known, outcome.Description!));
        }
        return readings;
    }

    SourceReading Good(Known known, Description description)
    {
        (known.Told, known.HasErrors) = (true, false);
        var (name, bundle, now) = (known.Source.Name, known.InForce!, time.GetUtcNow());
        return new(name,
        [
            .. description.Dags.Select(dag => new DagRegistration(new(dag.Name, dag.Version, bundle, dag.Spec, now),
                name, dag.Owner, dag.Description, dag.Tags, dag.Schedule, options.PausedAtFirst) { Produces = dag.Produces, Consumes = dag.Consumes, Topics = dag.Topics }),
        ], []);
    }

    SourceReading Bad(Known known, IReadOnlyList<Problem> problems)
    {
        known.HasErrors = true;
        var now = time.GetUtcNow();
        return new(known.Source.Name, [], [.. problems.Select(problem => Error(known.Source.Name, problem, now))]);
    }

    // An error belongs to its source; when its place is another file, such as a shared one, the message names that.
    DagError Error(string source, Problem problem, DateTimeOffset now)
    {
        var message = problem.Message;
        if (problem.Path is { } path)
        {
            var name = Path.GetRelativePath(options.Folder, path).Replace(Path.DirectorySeparatorChar, '/');
            // Symbols of a bundle that was compiled where the folder was before name the old place.
            if (name != source && Path.GetFileName(name) != Path.GetFileName(source))
                message = problem.Line > 0 ? $"{name}({problem.Line},{problem.Column}): {message}" : $"{name}: {message}";
        }
        return new(source, problem.Line, problem.Column, problem.Kind, message, now);
    }

    static bool IsRacy(DagSource source, long lookedAt) => source.Files.Any(file => file.Ticks > lookedAt - RacyTicks);
}
