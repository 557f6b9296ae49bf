using System.Linq.Expressions;
using System.Reflection;

namespace Millrace.Plans;

/// <summary>What a lambda's parameter stands for.</summary>
abstract record LambdaScope;

/// <summary>A row of a relation.</summary>
/// <param name="Names">The columns as the row's type knows them.</param>
/// <param name="Columns">What each is called where the expression will stand: a join renames.</param>
/// <param name="Presence">In an outer join: null where the row is missing.</param>
sealed record RowScope(Type Type, Schema Names, IReadOnlyList<string> Columns, Expr? Presence = null) : LambdaScope
{
    internal static RowScope Of(Type type, Schema schema) => new(type, schema, [.. schema.Names]);

    internal ColumnExpr? Column(PropertyInfo property) =>
        Names.TryIndexOf(RecordSchema.ColumnOf(property), out var at) ? new ColumnExpr(Columns[at]) : null;

    /// <summary>The row's only column, where the row is a single value.</summary>
    internal ColumnExpr? Single => RowShape.Of(Type).IsSingleValue ? new ColumnExpr(Columns[0]) : null;
}

/// <summary>The rows of a group: what its aggregates run over.</summary>
/// <param name="Key">The parts of the key by the name of the key's member; a key that is one value has the name "".</param>
sealed record GroupScope(RowScope Row, IReadOnlyDictionary<string, Expr> Key) : LambdaScope;

/// <summary>The rows around the current one, in a window.</summary>
sealed record WindowScope(RowScope Row, Sequence<Expr> PartitionBy, Sequence<SortKey> OrderBy) : LambdaScope;

/// <summary>Finds out whether an expression uses any parameter of a lambda around it.</summary>
sealed class ParameterSearch : ExpressionVisitor
{
    readonly HashSet<ParameterExpression> own = [];
    bool found;

    internal static bool In(Expression expression)
    {
        var search = new ParameterSearch();
        search.Visit(expression);
        return search.found;
    }

    protected override Expression VisitLambda<T>(Expression<T> node)
    {
        own.UnionWith(node.Parameters);
        return base.VisitLambda(node);
    }

    protected override Expression VisitParameter(ParameterExpression node)
    {
        found |= !own.Contains(node);
        return node;
    }
}
