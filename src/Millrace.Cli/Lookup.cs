using Millrace.Dags;
using Millrace.Hosting.Settings;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Cli;

/// <summary>Finds what a name on the command line means, or says which names are near.</summary>
sealed class Lookup(IMetadataStore store, CancellationToken cancellation)
{
    const int RunsSearched = 10_000;

    internal async Task<DagRow> DagAsync(string name)
    {
        if (await store.FindDagAsync(name, cancellation) is { } dag) return dag;
        var names = (await store.ListDagsAsync(cancellation)).Select(known => known.Name).ToList();
        throw new UserErrorException($"There is no Dag '{name}'." + (names.Count == 0
            ? " None has been read yet: 'millrace up' reads the DAG folder, 'millrace new dag NAME' makes a first one."
            : NearMiss.Question(name, names) + " 'millrace dags list' shows them all."));
    }

    internal async Task<DagSpec> SpecAsync(string dag, string version) =>
        await store.LoadVersionAsync(dag, version, cancellation) is { } kept ? DagJson.Read(kept.SpecJson)
            : throw new UserErrorException($"Version {Short(version)} of Dag '{dag}' is not in the store.", ExitCode.Unavailable);

    /// <summary>A version by its number, its hash or the beginning of one.</summary>
    internal async Task<DagVersion> VersionAsync(string dag, string wanted)
    {
        var versions = await store.ListVersionsAsync(dag, cancellation);
        return versions.FirstOrDefault(version => $"{version.Number}" == wanted)
            ?? (versions.Where(version => wanted.Length >= 4 && version.Hash.StartsWith(wanted, StringComparison.OrdinalIgnoreCase)).ToList() is [var only] ? only : null)
            ?? throw new UserErrorException($"Dag '{dag}' has no version '{wanted}'. 'millrace dags versions {dag}' shows them.");
    }

    /// <param name="words">A Dag's name and a run's key (or part of it, or 'latest'), or a run's id or its beginning.</param>
    internal async Task<RunRow> RunAsync(IReadOnlyList<string> words) => words switch
    {
        [var id] => await RunByIdAsync(id),
        [var dag, var key] => await RunByKeyAsync(dag, key),
        _ => throw new UserErrorException($"'{string.Join(' ', words)}' names no run. {RunWords.Forms}"),
    };

    async Task<RunRow> RunByIdAsync(string text)
    {
        if (Guid.TryParse(text, out var id))
            return (await store.LoadRunAsync(new(id), cancellation))?.Run
                ?? throw new UserErrorException($"There is no run with the id '{text}'.");
        var prefix = text.Replace("-", "", StringComparison.Ordinal);
        if (prefix.Length >= 4 && prefix.All(char.IsAsciiHexDigit))
        {
            var runs = await store.ListRunsAsync(new() { Limit = RunsSearched }, cancellation);
            var found = runs.Where(run => run.Id.ToString().StartsWith(prefix, StringComparison.OrdinalIgnoreCase)).ToList();
            if (found.Count == 1) return found[0];
            if (found.Count > 1) throw Ambiguous($"The id '{text}'", found, run => $"{run.Id}  ({run.Dag} {run.Key})");
        }
        throw new UserErrorException(await store.FindDagAsync(text, cancellation) is not null
            ? $"'{text}' is a Dag; say which of its runs: {text} latest, or {text} KEY. 'millrace runs list {text}' shows the keys."
            : $"There is no run '{text}'. {RunWords.Forms}");
    }

    async Task<RunRow> RunByKeyAsync(string dagName, string key)
    {
        var dag = await DagAsync(dagName);
        if (await store.FindRunAsync(dag.Name, key, cancellation) is { } exact)
            return (await store.LoadRunAsync(exact, cancellation))!.Run;
        var runs = await store.ListRunsAsync(new() { Dag = dag.Name, Limit = key == RunWords.Latest ? 1 : RunsSearched }, cancellation);
        if (runs.Count == 0) throw new UserErrorException($"Dag '{dag.Name}' has no runs yet. 'millrace dags trigger {dag.Name}' starts one.");
        if (key == RunWords.Latest) return runs[0];
        var found = runs.Where(run => run.Key.Contains(key, StringComparison.OrdinalIgnoreCase)
            || run.Id.ToString().StartsWith(key, StringComparison.OrdinalIgnoreCase)).ToList();
        return found.Count switch
        {
            1 => found[0],
            0 => throw new UserErrorException($"Dag '{dag.Name}' has no run '{key}'.{NearMiss.Question(key, runs.Select(run => run.Key))} 'millrace runs list {dag.Name}' shows them."),
            _ => throw Ambiguous($"'{key}'", found, run => run.Key),
        };
    }

    internal static string TaskIn(DagSpec dag, string task) => dag.Tasks.Any(known => known.Id == task) ? task
        : throw new UserErrorException($"Dag '{dag.Name}' has no task '{task}'.{NearMiss.Question(task, dag.Tasks.Select(known => known.Id))} 'millrace dags show {dag.Name}' shows them.");

    internal static string Short(string hash) => hash.Length > 12 ? hash[..12] : hash;

    static UserErrorException Ambiguous(string what, List<RunRow> found, Func<RunRow, string> say) => new(
        $"{what} fits {found.Count} runs. Say more of it: {string.Join(", ", found.Take(5).Select(say))}{(found.Count > 5 ? " ..." : "")}");
}
