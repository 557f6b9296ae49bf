using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Authoring.Watching;
using Millrace.Dags;
using Millrace.Execution;
using Millrace.Hosting.Settings;
using Millrace.Metadata;

namespace Millrace.Cli.Running;

/// <summary>A Dag of the DAG folder with its code in this process, and the others of its file.</summary>
sealed record LocalDag(Dag Dag, IReadOnlyDictionary<string, Dag> Beside)
{
    /// <summary>Compiles the DAG folder for a debugger and loads the bundle that declares the Dag.</summary>
    internal static async Task<LocalDag> LoadAsync(Session session, string name)
    {
        var settings = session.Settings;
        if (!Directory.Exists(settings.DagFolder))
            throw new UserErrorException($"There is no DAG folder {settings.DagFolder}. 'millrace new dag {name}' makes one with a first Dag; --home or --dags-folder names another.");
        var bundles = session.Home;
        IReadOnlyList<SourceReading> readings;
        // Nothing of it is for the scheduler: as written, line by line, so that a breakpoint is hit.
        await using (var folder = new DagFolder(DagFolderLoop.Options(settings) with { Optimize = false }, session.Time, NullLogger.Instance))
            readings = await folder.ReadAllAsync([], session.Cancellation);
        var declared = readings.SelectMany(reading => reading.Dags).ToList();
        var found = declared.FirstOrDefault(dag => dag.Version.Dag == name)
            ?? throw new UserErrorException(Missing(settings, name, declared, [.. readings.SelectMany(reading => reading.Errors)]));
        var discovered = DagDiscovery.Find(Bundle.Load(bundles.Bundle(found.Version.Bundle))).Dags.ToDictionary(dag => dag.Name);
        return new(discovered[name], discovered);
    }

    static string Missing(MillraceSettings settings, string name, IReadOnlyList<DagRegistration> declared, IReadOnlyList<DagError> errors)
    {
        var lines = new List<string> { $"No Dag '{name}' in {settings.DagFolder}.{NearMiss.Question(name, declared.Select(dag => dag.Version.Dag))}" };
        if (errors.Count > 0) lines.Add("These files can't be read, it may be in one of them:");
        lines.AddRange(errors.Select(error => $"  {error.Source}{(error.Line > 0 ? $"({error.Line},{error.Column})" : "")}: {error.Kind}: {error.Message}"));
        return string.Join(Environment.NewLine, lines);
    }

    /// <summary>One task, with the tasks before it whose results it takes; no other edges, no retries.</summary>
    internal static Dag Only(Dag dag, string task)
    {
        var byId = dag.Spec.Tasks.ToDictionary(known => known.Id, StringComparer.Ordinal);
        var kept = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>([task]);
        while (open.TryPop(out var id))
        {
            if (!kept.Add(id)) continue;
            foreach (var input in byId[id].Inputs)
                if (input.Task is { } source) open.Push(source);
            if (MapOf(dag.Spec, byId[id]) is { Task: { } list }) open.Push(list);
        }
        var tasks = dag.Spec.Tasks.Where(known => kept.Contains(known.Id)).Select(known => known with
        {
            Upstream = [.. known.Upstream.Where(kept.Contains)],
            TriggerRule = TriggerRule.AllSuccess,
            Retry = Retry.None,
            DependsOnPast = false,
            Callbacks = CallbackKinds.None,
        });
        var spec = dag.Spec with { Tasks = [.. tasks], Callbacks = CallbackKinds.None };
        return new(spec, kept.ToDictionary(id => id, dag.CodeOf), new Dictionary<CallbackKinds, Callback>()) { SourceFile = dag.SourceFile, SourceLine = dag.SourceLine };
    }

    static MapSpec? MapOf(DagSpec spec, TaskSpec task)
    {
        if (task.Map is not null) return task.Map;
        for (var group = task.Group; group is not null;)
        {
            var declared = spec.Groups.First(known => known.Id == group);
            if (declared.Map is not null) return declared.Map;
            group = declared.Parent;
        }
        return null;
    }
}
