namespace Millrace.Plans;

/// <summary>SQL over named inputs, in DuckDB's dialect: for what people think of as a query. Only DuckDB runs it.</summary>
/// <param name="Result">The columns that it gives.</param>
public sealed record Query(string Sql, Sequence<QueryTable> Tables, Schema Result) : Relation
{
    public override IReadOnlyList<Relation> Inputs => [.. Tables.Select(t => t.Rows)];

    public override Relation WithInputs(IReadOnlyList<Relation> inputs) =>
        this with { Tables = Tables.Select((t, i) => t with { Rows = inputs[i] }).ToSequence() };

    private protected override Schema ComputeSchema() => Result;
}

/// <summary>What a query calls by that name.</summary>
public sealed record QueryTable(string Name, Relation Rows);
