namespace Millrace.Dags;

// From the edges as drawn, between tasks and groups, to the tasks that each task waits for.
sealed partial class DagDraft
{
    void ResolveEdges()
    {
        // A mapped group's instances are known once its list is: its first tasks wait for it.
        // Inner edges come first: which tasks of a group are its first and last is asked by the outer ones.
        var mapped = groups.Where(g => g.Map?.Source is not null).Select(g => ((DraftItem)g.Map!.Source!, (DraftItem)g));
        foreach (var (before, after) in edges.Concat(mapped).OrderByDescending(e => CommonDepth(e.Item1, e.Item2)).ToList())
        {
            CheckNotInside(before, after);
            CheckNotInside(after, before);
            foreach (var from in Ends(before, last: true))
                foreach (var to in Ends(after, last: false))
                    AddUpstream(to, from);
        }
        CheckCycles();
    }

    static int CommonDepth(DraftItem a, DraftItem b)
    {
        var groupsOfB = b.Groups().ToHashSet();
        return a.Groups().SkipWhile(g => !groupsOfB.Contains(g)).Count();
    }

    void CheckNotInside(DraftItem outer, DraftItem inner)
    {
        if (outer is GroupDraft group && inner.Groups().Contains(group))
            throw new DagException($"Dag '{name}' has an edge between the group '{group.Id}' and '{inner.Id}', which is inside it. Draw the edge to a task of the group instead.");
    }

    /// <summary>The task itself, or the last or first tasks of a group.</summary>
    List<TaskDraft> Ends(DraftItem item, bool last)
    {
        if (item is TaskDraft task) return [task];
        var inside = tasks.Where(t => t.Groups().Contains(item)).ToList();
        if (inside.Count == 0)
            throw new DagException($"Dag '{name}' has an edge of the group '{item.Id}', which has no tasks. Put one in it, d.Empty if nothing else, or remove the edge.");
        if (!last)
        {
            var members = inside.ToHashSet();
            return inside.Where(t => !t.Upstream.Exists(members.Contains)).ToList();
        }
        // What follows a group waits for its work, not for the clean-up behind it.
        if (inside.Exists(t => !t.IsTeardown)) inside.RemoveAll(t => t.IsTeardown);
        var waitedFor = inside.SelectMany(t => t.Upstream).ToHashSet();
        return inside.Where(t => !waitedFor.Contains(t)).ToList();
    }

    void CheckCycles()
    {
        // Kahn's algorithm; what is left over waits for itself. Recursion would end at a few thousand tasks in a chain.
        var open = tasks.ToDictionary(t => t, t => t.Upstream.Count);
        var downstream = tasks.SelectMany(t => t.Upstream, (t, up) => (up, t)).ToLookup(e => e.up, e => e.t);
        var ready = new Stack<TaskDraft>(tasks.Where(t => t.Upstream.Count == 0));
        while (ready.TryPop(out var task))
        {
            open.Remove(task);
            foreach (var next in downstream[task])
                if (--open[next] == 0) ready.Push(next);
        }
        if (open.Count == 0) return;

        // Each left-over task waits for another one: walking back must come around.
        var path = new List<TaskDraft>();
        var at = open.Keys.First();
        while (!path.Contains(at))
        {
            path.Add(at);
            at = at.Upstream.First(open.ContainsKey);
        }
        var cycle = path.SkipWhile(t => t != at).Append(at).Reverse().Select(t => t.Id);
        throw new DagException($"Dag '{name}' has a cycle: {string.Join(" -> ", cycle)}. Remove one of these edges.") { IsCycle = true };
    }
}
