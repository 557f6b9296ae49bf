namespace Millrace.Plans;

/// <summary>A scalar function of the catalogue. Its name is what a plan's text says.</summary>
public sealed class Function
{
    readonly Func<Typed[], Typed?> typing;

    internal Function(string name, int least, int most, Func<Typed[], Typed?> typing)
    {
        Name = name;
        Least = least;
        Most = most;
        this.typing = typing;
    }

    public string Name { get; }

    /// <summary>A call of it.</summary>
    public CallExpr Of(params ReadOnlySpan<Expr> arguments) => new(this, [.. arguments]);

    internal int Least { get; }
    internal int Most { get; }

    /// <summary>What a call yields; null where the arguments are not for this function.</summary>
    internal Typed? TypeOf(Typed[] arguments) =>
        arguments.Length >= Least && arguments.Length <= Most ? typing(arguments) : null;

    public override string ToString() => Name;
}
