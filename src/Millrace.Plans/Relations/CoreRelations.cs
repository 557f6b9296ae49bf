namespace Millrace.Plans;

/// <summary>All rows of a source, or only some of its columns.</summary>
public sealed record Scan(ISource Source, Sequence<string>? Columns = null, bool Provenance = false) : Relation
{
    public override IReadOnlyList<Relation> Inputs => [];
    public override Relation WithInputs(IReadOnlyList<Relation> inputs) => this;

    private protected override Schema ComputeSchema() =>
        new ReadRequest { Columns = Columns is { } columns ? [.. columns] : null, Provenance = Provenance }.SchemaOf(Source.Schema);
}

/// <summary>The rows for which the condition is true; null isn't.</summary>
public sealed record Filter(Relation Input, Expr Condition) : UnaryRelation(Input)
{
    private protected override Schema ComputeSchema()
    {
        Typing.MustBeTrueOrFalse(Condition, Input.Schema, "A filter's condition");
        return Input.Schema;
    }
}

/// <summary>Exactly these columns, one row a row.</summary>
/// <param name="Rejects">Whether a row whose expressions fail (a strict cast, overflow, division by zero, a callback that throws) is refused on its own; otherwise it ends the run.</param>
public sealed record Project(Relation Input, Sequence<NamedExpr> Columns, bool Rejects = false) : UnaryRelation(Input)
{
    private protected override Schema ComputeSchema()
    {
        foreach (var column in Columns) Typing.MustBeOfOneRow(column.Value);
        return new(Columns.Select(c => Typing.Field(c, Input.Schema)));
    }
}

/// <summary>Refuses the rows for which the condition isn't true: false and null break it alike.</summary>
/// <param name="Column">The column whose value a reject shows.</param>
/// <param name="Fail">Whether the first such row ends the run instead.</param>
public sealed record Check(Relation Input, string Rule, Expr Condition, string? Column = null, bool Fail = false) : UnaryRelation(Input)
{
    private protected override Schema ComputeSchema()
    {
        Typing.MustBeTrueOrFalse(Condition, Input.Schema, $"The condition of '{Rule}'");
        if (Column is not null) Input.Schema.IndexOf(Column);
        return Input.Schema;
    }
}

public sealed record Sort(Relation Input, Sequence<SortKey> Keys) : UnaryRelation(Input)
{
    private protected override Schema ComputeSchema()
    {
        foreach (var key in Keys)
        {
            Typing.MustBeOfOneRow(key.Value);
            key.Value.TypeIn(Input.Schema);
        }
        return Input.Schema;
    }
}

/// <summary>The first rows after some that are skipped. Which are first is the order of a <see cref="Sort"/> below, or the source's.</summary>
public sealed record Limit(Relation Input, long? Count, long Skip = 0) : UnaryRelation(Input)
{
    private protected override Schema ComputeSchema() => Input.Schema;
}

/// <summary>A share of the rows, each kept or not by its position and the seed: the same rows each time.</summary>
public sealed record Sample(Relation Input, double Share, int Seed = 0) : UnaryRelation(Input)
{
    private protected override Schema ComputeSchema() => Share is >= 0 and <= 1
        ? Input.Schema
        : throw new PlanException($"A sample keeps a share between 0 and 1, and {Share} isn't.");
}

/// <summary>Each different row once; nulls are equal here.</summary>
public sealed record Distinct(Relation Input) : UnaryRelation(Input)
{
    private protected override Schema ComputeSchema() => Input.Schema;
}

/// <summary>One row a group of equal keys, nulls among equals; without keys one row in all, even over no rows.</summary>
/// <param name="Values">Each an <see cref="AggregateExpr"/> or an expression over such.</param>
public sealed record Group(Relation Input, Sequence<NamedExpr> Keys, Sequence<NamedExpr> Values) : UnaryRelation(Input)
{
    private protected override Schema ComputeSchema()
    {
        var schema = new Schema(Keys.Concat(Values).Select(c => Typing.Field(c, Input.Schema)));
        foreach (var value in Values) Typing.MustBeOfGroup(value.Value, Keys);
        return schema;
    }
}

/// <summary>The same rows with columns added, each a <see cref="WindowExpr"/>.</summary>
public sealed record Window(Relation Input, Sequence<NamedExpr> Values) : UnaryRelation(Input)
{
    private protected override Schema ComputeSchema() => new(Input.Schema.Concat(Values.Select(v => Typing.Field(v, Input.Schema))));
}

public enum JoinKind
{
    Inner,
    Left,
    Right,
    Full,

    /// <summary>Left rows that have a partner; no columns of the right.</summary>
    Semi,

    /// <summary>Left rows that have none.</summary>
    Anti,
    Cross,

    /// <summary>Every left row with the right row that was last before it (or at it): see <see cref="Join.AsOf"/>.</summary>
    AsOf,

    /// <summary>The first row with the first, the second with the second; of unequal lengths, the shorter side is filled with nulls.</summary>
    Positional,
}

/// <summary>Rows of two relations side by side. A right column whose name the left has too is called <c>name_right</c>.</summary>
/// <param name="Keys">Pairs that must be equal; null equals nothing.</param>
/// <param name="Also">A further condition over the joined row.</param>
/// <param name="AsOf">For <see cref="JoinKind.AsOf"/>: the left and right values in order.</param>
public sealed record Join(Relation Left, Relation Right, JoinKind Kind, Sequence<JoinKey> Keys = default, Expr? Also = null, JoinKey? AsOf = null) : Relation
{
    public override IReadOnlyList<Relation> Inputs => [Left, Right];
    public override Relation WithInputs(IReadOnlyList<Relation> inputs) => this with { Left = inputs[0], Right = inputs[1] };

    /// <summary>What each column of the right side is called in the result, in its order.</summary>
    public IReadOnlyList<string> RightNames
    {
        get
        {
            var taken = new HashSet<string>(Left.Schema.Names);
            var names = new List<string>();
            foreach (var name in Right.Schema.Names)
            {
                var free = name;
                while (!taken.Add(free)) free += "_right";
                names.Add(free);
            }
            return names;
        }
    }

    private protected override Schema ComputeSchema()
    {
        foreach (var key in AsOf is null ? Keys : [.. Keys, AsOf])
        {
            var (left, right) = (key.Left.TypeIn(Left.Schema).Type, key.Right.TypeIn(Right.Schema).Type);
            if (TypeRules.Common(left, right) is null) throw new PlanException($"A join can't compare {left} with {right}. Cast one of them.");
        }
        if ((Kind == JoinKind.AsOf) != (AsOf is not null)) throw new PlanException("An as-of join, and no other, says by which values its rows are in order.");
        var mayMissLeft = Kind is JoinKind.Right or JoinKind.Full or JoinKind.Positional;
        var mayMissRight = Kind is JoinKind.Left or JoinKind.Full or JoinKind.AsOf or JoinKind.Positional;
        var both = new Schema(Left.Schema.Select(f => f with { Nullable = f.Nullable || mayMissLeft })
            .Concat(Right.Schema.Zip(RightNames, (f, name) => f with { Name = name, Nullable = f.Nullable || mayMissRight })));
        if (Also is not null) Typing.MustBeTrueOrFalse(Also, both, "A join's further condition");
        return Kind is JoinKind.Semi or JoinKind.Anti ? Left.Schema : both;
    }
}

public sealed record JoinKey(Expr Left, Expr Right);

public enum SetKind
{
    /// <summary>The rows of both, duplicates with them.</summary>
    UnionAll,
    Union,
    Intersect,
    Except,
}

/// <summary>Rows of two relations with columns that meet by position; the names are the left's.</summary>
public sealed record SetOperation(Relation Left, Relation Right, SetKind Kind) : Relation
{
    public override IReadOnlyList<Relation> Inputs => [Left, Right];
    public override Relation WithInputs(IReadOnlyList<Relation> inputs) => this with { Left = inputs[0], Right = inputs[1] };

    private protected override Schema ComputeSchema() =>
        Left.Schema.Count != Right.Schema.Count
            ? throw new PlanException($"{Kind} needs equally many columns, and there are {Left.Schema.Count} ({Left.Schema}) and {Right.Schema.Count} ({Right.Schema}).")
            : new Schema(Left.Schema.Zip(Right.Schema, (l, r) => TypeRules.Common(l.Type, r.Type) is { } type
                ? new Field(l.Name, type, l.Nullable || r.Nullable)
                : throw new PlanException($"{Kind} can't bring '{l}' and '{r}' together. Cast one of them.")));
}

/// <summary>Columns become rows: of each row one for every column named, the other columns repeated.</summary>
/// <param name="NameColumn">Which column the value was in.</param>
public sealed record Unpivot(Relation Input, Sequence<string> Columns, string NameColumn, string ValueColumn) : UnaryRelation(Input)
{
    /// <summary>The columns that are repeated.</summary>
    public IEnumerable<Field> Kept => Input.Schema.Where(f => !Columns.Any(c => Input.Schema[c].Name == f.Name));

    private protected override Schema ComputeSchema()
    {
        if (Columns.Count == 0) throw new PlanException("Unpivot needs at least one column.");
        var value = Input.Schema[Columns[0]];
        foreach (var name in Columns.Skip(1))
        {
            var next = Input.Schema[name];
            value = TypeRules.Common(value.Type, next.Type) is { } type
                ? new Field(ValueColumn, type, value.Nullable || next.Nullable)
                : throw new PlanException($"Unpivot can't bring '{value}' and '{next}' into one column. Cast one of them.");
        }
        return new Schema(Kept.Append(new Field(NameColumn, DataType.Text, Nullable: false)).Append(value with { Name = ValueColumn }));
    }
}

/// <summary>A row for each item of a list column, the item in the list's place.</summary>
/// <param name="KeepEmpty">Whether a row whose list is empty or null stays, with null for the item.</param>
public sealed record Flatten(Relation Input, string Column, bool KeepEmpty = false) : UnaryRelation(Input)
{
    private protected override Schema ComputeSchema()
    {
        var at = Input.Schema.IndexOf(Column);
        return Input.Schema[at].Type is ListType list
            ? new Schema(Input.Schema.Select((f, i) => i != at ? f : f with { Type = list.Item.Type, Nullable = list.Item.Nullable || KeepEmpty }))
            : throw new PlanException($"'{Input.Schema[at]}' is not a list, so it can't be flattened.");
    }
}
