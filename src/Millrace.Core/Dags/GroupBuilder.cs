namespace Millrace.Dags;

/// <summary>Declares the tasks of a group; the ids of its tasks start with its own.</summary>
public sealed class GroupBuilder : TaskScope
{
    internal GroupBuilder(DagDraft draft, GroupDraft group) : base(draft, group) => Handle = new(draft, group);

    public string Id => Scope!.Id;

    /// <summary>For edges; a builder turns into it wherever a node is wanted.</summary>
    public GroupHandle Handle { get; }

    /// <inheritdoc cref="Node.Then"/>
    public Node Then(params IReadOnlyList<Node> next) => Handle.Then(next);

    public static Node operator >>(GroupBuilder before, Node after)
    {
        ArgumentNullException.ThrowIfNull(before);
        return before.Then(after);
    }
}
