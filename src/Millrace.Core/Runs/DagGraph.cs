using Millrace.Dags;

namespace Millrace.Runs;

/// <summary>A Dag's tasks by number, with their edges both ways: what every run of one version shares.</summary>
sealed class DagGraph
{
    internal DagSpec Spec { get; }
    internal string Version { get; }
    /// <summary>The bundle with the code; empty in library mode.</summary>
    internal string Bundle { get; }
    internal TaskSpec[] Tasks { get; }
    internal int[][] Upstream { get; }
    internal int[][] Downstream { get; }
    /// <summary>For each task the mapped scope it lies in: its own number if it is mapped itself, the number of the first task of
    /// its mapped group, or -1. Inside one scope, instance i waits for instance i.</summary>
    internal int[] Scope { get; }
    /// <summary>Tasks by scope, for scopes of mapped groups and of single mapped tasks alike.</summary>
    internal IReadOnlyDictionary<int, int[]> ScopeTasks { get; }
    /// <summary>For each task those that are mapped over its list, the whole group where it is a group.</summary>
    internal int[][] MappedOver { get; }
    /// <summary>The tasks whose failure fails the run: the last ones, teardowns aside.</summary>
    internal int[] Deciding { get; }

    readonly Dictionary<string, int> numbers;

    internal DagGraph(DagSpec spec, string version, string bundle)
    {
        Spec = spec;
        Version = version;
        Bundle = bundle;
        Tasks = [.. spec.Tasks];
        numbers = new Dictionary<string, int>(Tasks.Length, StringComparer.Ordinal);
        for (var task = 0; task < Tasks.Length; task++) numbers.Add(Tasks[task].Id, task);

        Upstream = [.. Tasks.Select(task => task.Upstream.Select(id => numbers[id]).Distinct().ToArray())];
        var downstream = Tasks.Select(_ => new List<int>()).ToArray();
        for (var task = 0; task < Tasks.Length; task++)
            foreach (var upstream in Upstream[task]) downstream[upstream].Add(task);
        Downstream = [.. downstream.Select(list => list.ToArray())];

        Scope = FindScopes();
        ScopeTasks = Enumerable.Range(0, Tasks.Length).Where(task => Scope[task] >= 0)
            .GroupBy(task => Scope[task]).ToDictionary(scope => scope.Key, scope => scope.ToArray());
        MappedOver = [.. Tasks.Select(source => Enumerable.Range(0, Tasks.Length).Where(task => Scope[task] >= 0 && MapOf(task).Task == source.Id).ToArray())];
        Deciding = [.. Enumerable.Range(0, Tasks.Length).Where(task => Decides(task) && !Downstream[task].Any(Decides))];
    }

    internal int this[string task] => numbers.TryGetValue(task, out var number) ? number
        : throw new KeyNotFoundException($"Dag '{Spec.Name}' has no task '{task}' in version {Version}.");

    internal bool TryFind(string task, out int number) => numbers.TryGetValue(task, out number);

    /// <summary>What the tasks of a scope are mapped over.</summary>
    internal MapSpec MapOf(int task) => Tasks[task].Map ?? MappedGroupOf(Tasks[task].Group)!.Map!;

    internal bool IsMapped(int task) => Scope[task] >= 0;

    /// <summary>Everything that can be reached from <paramref name="from"/>, itself left out.</summary>
    internal static HashSet<int> Reach(IEnumerable<int> from, int[][] edges)
    {
        var reached = new HashSet<int>();
        var next = new Stack<int>(from);
        while (next.TryPop(out var task))
            foreach (var neighbour in edges[task])
                if (reached.Add(neighbour)) next.Push(neighbour);
        return reached;
    }

    bool Decides(int task) => !Tasks[task].IsTeardown || Tasks[task].FailsRun;

    int[] FindScopes()
    {
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        var scopes = new int[Tasks.Length];
        for (var task = 0; task < Tasks.Length; task++)
        {
            if (Tasks[task].Map is not null) scopes[task] = task;
            else if (MappedGroupOf(Tasks[task].Group) is { } group) scopes[task] = first.TryAdd(group.Id, task) ? task : first[group.Id];
            else scopes[task] = -1;
        }
        return scopes;
    }

    GroupSpec? MappedGroupOf(string? id)
    {
        while (id is not null)
        {
            var group = Spec.Groups.First(group => group.Id == id);
            if (group.Map is not null) return group;
            id = group.Parent;
        }
        return null;
    }
}
