namespace Millrace.Data;

/// <summary>A column's name, type and whether it may be null.</summary>
public sealed record Field(string Name, DataType Type, bool Nullable = true)
{
    /// <summary>The type with a question mark where null may stand.</summary>
    internal string TypeText => Nullable ? $"{Type}?" : Type.ToString();

    public override string ToString() => $"{Name}: {TypeText}";
}
