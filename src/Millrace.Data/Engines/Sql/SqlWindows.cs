using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Writes window functions.</summary>
sealed class SqlWindows(SqlExpressions writer)
{
    /// <summary>The column that numbers the rows of a step whose windows need an order and name none.</summary>
    internal const string Row = "$row";

    const string ToHere = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW";
    const string FromHere = "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING";
    const string All = "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING";

    internal static bool NeedsOrder(WindowExpr window) => window.OrderBy.Count == 0 && window.Value switch
    {
        RankExpr { Kind: RankKind.Rank or RankKind.DenseRank or RankKind.PercentRank or RankKind.CumulativeShare } => false,
        RankExpr => true,
        AggregateExpr { Aggregate.Name: "first" or "last" or "list" or "join" } => true,
        _ => window.Frame is { } frame && (frame.From, frame.To) is not (null, null),
    };

    internal string Write(WindowExpr window)
    {
        if (window.Value is AggregateExpr aggregate)
            return aggregate.Aggregate.Name is "first" or "last"
                ? Edge(aggregate, window)
                : writer.Aggregate(aggregate, $" OVER ({Parts(window, Frame(window))})");
        var rank = (RankExpr)window.Value;
        var arguments = rank.Arguments.Select(writer.Write).ToArray();
        return rank.Kind switch
        {
            RankKind.RowNumber => Call("row_number()", window),
            RankKind.Rank => Call("rank()", window),
            RankKind.DenseRank => Call("dense_rank()", window),
            RankKind.PercentRank => Call("percent_rank()", window),
            RankKind.CumulativeShare => Call("cume_dist()", window),
            RankKind.Bucket => $"CAST({Call($"ntile({writer.As(rank.Arguments[0], DataType.Int32)})", window)} AS {writer.Dialect.TypeName(DataType.Int64)})",
            RankKind.Lag => Call($"lag({Shifted(rank)})", window),
            RankKind.Lead => Call($"lead({Shifted(rank)})", window),
            RankKind.FirstValue => Call($"first_value({arguments[0]})", window, Frame(window)),
            RankKind.LastValue => Call($"last_value({arguments[0]})", window, Frame(window)),
            RankKind.LastKnown when writer.Dialect.IgnoresNulls => Call($"last_value({arguments[0]} IGNORE NULLS)", window, ToHere),
            RankKind.NextKnown when writer.Dialect.IgnoresNulls => Call($"first_value({arguments[0]} IGNORE NULLS)", window, FromHere),
            _ => throw new InexpressibleException($"{writer.Dialect.Name} has no '{rank.Kind}'"),
        };
    }

    string Edge(AggregateExpr aggregate, WindowExpr window)
    {
        if (aggregate.Where is not null || aggregate.Distinct || aggregate.OrderBy.Count > 0) throw new InexpressibleException($"no database has a window over an ordered or filtered '{aggregate.Aggregate}'");
        return Call($"{aggregate.Aggregate.Name}_value({writer.Write(aggregate.Arguments[0])})", window, Frame(window));
    }

    string Shifted(RankExpr rank)
    {
        var type = writer.TypeOf(rank.Arguments[0]).Type;
        return string.Join(", ", rank.Arguments.Select((a, at) => at switch { 0 => writer.Write(a), 1 => writer.As(a, DataType.Int32), _ => writer.As(a, type) }));
    }

    string Call(string function, WindowExpr window, string frame = "") => $"{function} OVER ({Parts(window, frame)})";

    string Parts(WindowExpr window, string frame)
    {
        var parts = new List<string>();
        if (window.PartitionBy.Count > 0) parts.Add($"PARTITION BY {string.Join(", ", window.PartitionBy.Select(writer.Operand))}");
        if (window.OrderBy.Count > 0) parts.Add($"ORDER BY {string.Join(", ", window.OrderBy.Select(writer.Key))}");
        else if (NeedsOrder(window)) parts.Add($"ORDER BY {SqlScope.Quote(Row)}");
        if (frame.Length > 0) parts.Add(frame);
        return string.Join(' ', parts);
    }

    static string Frame(WindowExpr window) => window.Frame is not { } frame ? ""
        : frame is { From: null, To: null } ? All
        : $"ROWS BETWEEN {Bound(frame.From, "PRECEDING")} AND {Bound(frame.To, "FOLLOWING")}";

    static string Bound(int? rows, string end) => rows switch
    {
        null => $"UNBOUNDED {end}",
        0 => "CURRENT ROW",
        < 0 => $"{-rows} PRECEDING",
        _ => $"{rows} FOLLOWING",
    };
}
