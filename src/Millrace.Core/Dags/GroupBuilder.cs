namespace Millrace.Dags;

/// <summary>Declares the tasks of a group; the ids of its tasks start with its own.</summary>
public sealed class GroupBuilder : TaskScope
{
    internal GroupBuilder(DagDraft draft, GroupDraft group) : base(draft, group) => Handle = new(draft, group);

    public string Id => Scope!.Id;

    /// <summary>For edges; a builder turns into it wherever a node is wanted.</summary>
    public GroupHandle Handle { get; }
}
