using System.Text.Json.Nodes;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>A part of a plan that one engine runs.</summary>
/// <param name="Why">Why it is this engine, where it is not the one that would be taken first.</param>
sealed record Fragment(IEngine Engine, Relation Plan, IReadOnlyList<string> Why)
{
    /// <summary>The statement, where the engine is a database.</summary>
    internal string? Sql => Engine switch
    {
        DuckDbEngine => DuckDbEngine.Explain(Plan),
        PostgresEngine => PostgresEngine.Write(Plan),
        _ => null,
    };
}

/// <summary>The rows of a fragment, as a source for the fragment that reads them.</summary>
sealed class FragmentSource(Fragment fragment, RunContext context) : ISource
{
    internal Fragment Fragment => fragment;

    public string Kind => "fragment";
    public Schema Schema => fragment.Plan.Schema;
    public JsonObject? Describe() => null;

    public IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, CancellationToken cancel)
    {
        var plan = fragment.Plan;
        if (request.Columns is { } columns && !columns.SequenceEqual(Schema.Names))
            plan = new Project(plan, columns.Select(c => new NamedExpr(Schema[c].Name, new ColumnExpr(Schema[c].Name))).ToSequence());
        return fragment.Engine.RunAsync(plan, context, cancel);
    }
}
