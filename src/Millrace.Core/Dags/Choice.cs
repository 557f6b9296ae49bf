namespace Millrace.Dags;

/// <summary>What a branch may answer: ids of tasks directly behind it, or of groups that have such tasks.</summary>
static class Choice
{
    /// <summary>The chosen tasks' full ids.</summary>
    internal static string[] Check(DagSpec dag, string branch, IEnumerable<string> chosen)
    {
        var group = dag.Tasks.First(t => t.Id == branch).Group;
        var behind = dag.Tasks.Where(t => t.Upstream.Contains(branch)).ToList();
        var ids = new List<string>();
        foreach (var name in chosen)
        {
            var found = Found(dag, behind, name);
            // In a group its name may be left out.
            if (found.Count == 0 && group is not null) found = Found(dag, behind, $"{group}.{name}");
            if (found.Count == 0)
                throw new FailTaskException($"Branch '{branch}' of Dag '{dag.Name}' chose '{name}', which is not directly behind it{Nearest.Hint(name, behind.Select(t => t.Id))}.");
            ids.AddRange(found);
        }
        return [.. ids.Distinct()];
    }

    static List<string> Found(DagSpec dag, List<TaskSpec> behind, string name) =>
        [.. behind.Where(t => t.Id == name || dag.GroupsOf(t).Any(g => g.Id == name)).Select(t => t.Id)];
}
