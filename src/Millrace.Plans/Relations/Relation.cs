using System.Runtime.CompilerServices;

namespace Millrace.Plans;

/// <summary>
/// Rows, as a plan of how to come by them: an immutable tree, equal by content. Executors run the nodes of
/// <c>CoreRelations.cs</c>; the others say what people mean and lower themselves to those.
/// </summary>
public abstract record Relation
{
    // Beside the record and not in it: a copy made by `with` has a schema of its own.
    static readonly ConditionalWeakTable<Relation, Schema> schemas = [];

    private protected Relation() { }

    /// <exception cref="PlanException">An expression names a column that isn't there, or types don't meet.</exception>
    public Schema Schema => schemas.GetValue(this, static r => r.ComputeSchema());

    public abstract IReadOnlyList<Relation> Inputs { get; }

    /// <summary>The same step over other inputs.</summary>
    public abstract Relation WithInputs(IReadOnlyList<Relation> inputs);

    /// <summary>The plan as a tree, a step a line, the last step first.</summary>
    public string ToText() => PlanText.Of(this);

    /// <summary>This step alone, as <see cref="ToText"/> has it.</summary>
    public sealed override string ToString() => PlanText.Step(this);

    private protected abstract Schema ComputeSchema();

    private protected static ColumnExpr Named(string name) => new(name);
    private protected static LiteralExpr Constant(object? value) => LiteralExpr.Of(value);

    /// <summary>The columns as they are: what a projection starts from.</summary>
    private protected static IEnumerable<NamedExpr> Same(IEnumerable<Field> fields) => fields.Select(f => new NamedExpr(f.Name, Named(f.Name)));
}

/// <summary>A step over one input.</summary>
public abstract record UnaryRelation(Relation Input) : Relation
{
    public sealed override IReadOnlyList<Relation> Inputs => [Input];
    public sealed override Relation WithInputs(IReadOnlyList<Relation> inputs) => this with { Input = inputs[0] };
}

/// <summary>A step that people say and executors don't know: it is lowered to core steps first.</summary>
public abstract record RichRelation(Relation Input) : UnaryRelation(Input)
{
    /// <summary>The same rows and columns by simpler steps over the same input.</summary>
    public abstract Relation Lower();

    private protected sealed override Schema ComputeSchema() => Lower().Schema;
}

/// <summary>A step over two inputs that people say and executors don't know.</summary>
public abstract record RichJoin(Relation Left, Relation Right) : Relation
{
    public sealed override IReadOnlyList<Relation> Inputs => [Left, Right];
    public sealed override Relation WithInputs(IReadOnlyList<Relation> inputs) => this with { Left = inputs[0], Right = inputs[1] };

    /// <inheritdoc cref="RichRelation.Lower"/>
    public abstract Relation Lower();

    private protected sealed override Schema ComputeSchema() => Lower().Schema;
}
