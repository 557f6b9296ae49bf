namespace Millrace.Dags;

/// <summary>What an order edge can lead from and to: a task, a group, or several of them.</summary>
public abstract class Node
{
    private protected Node()
    {
    }

    internal abstract DagDraft Draft { get; }

    // The tasks and groups it stands for; an edge of a group is resolved to its first or last tasks when the Dag is complete.
    internal abstract IReadOnlyList<DraftItem> Items { get; }

    /// <summary>Each of <paramref name="next"/> waits for this. Returns them as one node, so that a chain goes on.</summary>
    public Node Then(params IReadOnlyList<Node> next)
    {
        ArgumentNullException.ThrowIfNull(next);
        foreach (var node in next)
        {
            ArgumentNullException.ThrowIfNull(node, nameof(next));
            Draft.AddEdges(this, node);
        }
        return next.Count == 1 ? next[0] : new NodeSet(Draft, [.. next]);
    }

    /// <summary><c>_ = a >> b >> c</c>: b waits for a, c for b. A tuple stands for several: <c>a >> (b, c) >> d</c>.</summary>
    public static Node operator >>(Node before, Node after)
    {
        ArgumentNullException.ThrowIfNull(before);
        return before.Then(after);
    }

    public static implicit operator Node((Node, Node) nodes) => Several(nodes.Item1, nodes.Item2);
    public static implicit operator Node((Node, Node, Node) nodes) => Several(nodes.Item1, nodes.Item2, nodes.Item3);
    public static implicit operator Node((Node, Node, Node, Node) nodes) => Several(nodes.Item1, nodes.Item2, nodes.Item3, nodes.Item4);
    public static implicit operator Node((Node, Node, Node, Node, Node) nodes) => Several(nodes.Item1, nodes.Item2, nodes.Item3, nodes.Item4, nodes.Item5);
    public static implicit operator Node(Node[] nodes) => Several(nodes);
    public static implicit operator Node(GroupBuilder group)
    {
        ArgumentNullException.ThrowIfNull(group);
        return group.Handle;
    }

    static NodeSet Several(params Node[] nodes) => nodes.Length > 0
        ? new(nodes[0].Draft, nodes)
        : throw new DagException("An edge leads from or to an empty list of tasks. Name at least one.");
}

sealed class NodeSet(DagDraft draft, Node[] nodes) : Node
{
    internal override DagDraft Draft => draft;
    internal override IReadOnlyList<DraftItem> Items { get; } = [.. nodes.SelectMany(n => n.Items)];
}
