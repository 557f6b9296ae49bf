using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Writes a step that adds windows; where they need what SQL doesn't have, over queries that add it first.</summary>
sealed class WindowStep(SqlDialect dialect, Window window, Func<CallbackExpr, Schema, string>? callbacks)
{
    readonly Schema input = window.Input.Schema;

    internal string Write(string from)
    {
        if (window.Values.Any(v => v.Value is WindowExpr w && SqlWindows.NeedsOrder(w)))
            from = $"(SELECT *, row_number() OVER () AS {SqlScope.Quote(SqlWindows.Row)} FROM {from}) AS numbered";
        var islands = window.Values.Select((v, at) => (v, at)).Where(i => !dialect.IgnoresNulls && i.v.Value is WindowExpr { Value: RankExpr { Kind: RankKind.LastKnown or RankKind.NextKnown } }).ToList();
        if (islands.Count > 0) from = $"(SELECT *, {string.Join(", ", islands.Select(i => Island((WindowExpr)i.v.Value, i.at)))} FROM {from}) AS islands";
        var columns = input.Select(f => SqlScope.Quote(f.Name)).Concat(window.Values.Select((v, at) =>
            $"{(islands.Any(i => i.at == at) ? Known((WindowExpr)v.Value, at) : Writer.Write(v.Value))} AS {SqlScope.Quote(v.Name)}"));
        return $"SELECT {string.Join(", ", columns)} FROM {from}";
    }

    SqlExpressions Writer => new(dialect, new SqlScope(new Schema(input.Append(new Field(SqlWindows.Row, DataType.Int64, false)))), callbacks);

    // Each value that is known begins an island, on which the rows without one live: the count of known values so far
    // names it, and the row's place on it is kept, since a second sort may put equal rows in another order.
    string Island(WindowExpr known, int at)
    {
        var rank = (RankExpr)known.Value;
        var last = rank.Kind == RankKind.LastKnown;
        var count = new AggregateExpr(Aggregate.Count, rank.Arguments);
        return $"{Writer.Write(known with { Value = count, OrderBy = Order(known), Frame = last ? new(null, 0) : new(0, null) })} AS {Name("island", at)}, " +
            $"{Writer.Write(known with { Value = new RankExpr(RankKind.RowNumber, []), OrderBy = Order(known), Frame = null })} AS {Name("place", at)}";
    }

    string Known(WindowExpr known, int at)
    {
        var rank = (RankExpr)known.Value;
        var parts = known.PartitionBy.Select(Writer.Operand).Append(Name("island", at));
        var first = rank.Kind == RankKind.LastKnown;
        return $"first_value({Writer.Write(rank.Arguments[0])}) OVER (PARTITION BY {string.Join(", ", parts)} ORDER BY {Name("place", at)}{(first ? "" : " DESC")})";
    }

    static Sequence<SortKey> Order(WindowExpr known) => known.OrderBy.Count > 0 ? known.OrderBy : [new SortKey(new ColumnExpr(SqlWindows.Row))];

    static string Name(string what, int at) => SqlScope.Quote($"${what}{at}");
}
