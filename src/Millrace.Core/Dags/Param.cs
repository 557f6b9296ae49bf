namespace Millrace.Dags;

/// <summary>A run's parameter, read in a task by <see cref="TaskContext.Get{T}(Param{T})"/>.</summary>
public sealed class Param<T>
{
    internal Param(string name) => Name = name;

    public string Name { get; }

    public override string ToString() => Name;
}
