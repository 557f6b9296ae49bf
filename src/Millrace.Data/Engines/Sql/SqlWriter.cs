using System.Text;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Writes a plan of core relations as one statement: a named query for each step, in the order in which the steps follow each other.</summary>
/// <param name="scans">The statement that reads a scan; it gives exactly the scan's columns.</param>
/// <param name="callbacks">Gives the SQL name of a C# function; null where the database can't call one.</param>
sealed class SqlWriter(SqlDialect dialect, Func<Scan, string> scans, Func<CallbackExpr, Schema, string>? callbacks = null)
{
    readonly Dictionary<Relation, int> uses = new(ReferenceEqualityComparer.Instance);
    readonly Dictionary<Relation, string> names = new(ReferenceEqualityComparer.Instance);
    readonly HashSet<Relation> kept = new(ReferenceEqualityComparer.Instance);
    readonly List<(string Name, string Sql, string How)> steps = [];

    /// <summary>Null where the dialect can say that step.</summary>
    internal static string? WhyNot(SqlDialect dialect, Relation step, Func<CallbackExpr, Schema, string>? callbacks = null)
    {
        try
        {
            foreach (var field in step.Schema)
            {
                if (dialect.WhyNot(field.Type) is { } reason) return reason;
            }
            _ = new SqlWriter(dialect, _ => "", callbacks).Step(step, [.. step.Inputs.Select((_, i) => $"input_{i + 1}")]);
            return null;
        }
        catch (InexpressibleException reason)
        {
            return reason.Message;
        }
    }

    internal string Write(Relation plan)
    {
        Count(plan);
        var last = Body(plan);
        if (steps.Count == 0) return last;
        var text = new StringBuilder("WITH ");
        for (var i = 0; i < steps.Count; i++)
        {
            var (name, sql, how) = steps[i];
            text.Append(i == 0 ? "" : ",\n     ").Append(name).Append(" AS ").Append(how).Append('(').Append(sql).Append(')');
        }
        return text.Append('\n').Append(last).ToString();
    }

    void Count(Relation relation)
    {
        uses[relation] = uses.GetValueOrDefault(relation) + 1;
        if (uses[relation] > 1) return;
        // PostgreSQL looks through an as-of join's right side anew for each row of the left: once computed it must stay. Within
        // it, a count by window would stop at the first row's value for all rows (seen in 15: a run condition isn't reset).
        if (relation is Join { Kind: JoinKind.AsOf } join && dialect is PostgresDialect) kept.Add(join.Right);
        // DuckDB moves a filter of one side to both, where its condition may fail for rows that it was never meant for.
        if (relation is SetOperation { Kind: SetKind.Intersect or SetKind.Except } && dialect is DuckDbDialect)
            kept.UnionWith(relation.Inputs.Where(HasFilter));
        foreach (var input in relation.Inputs) Count(input);
    }

    static bool HasFilter(Relation relation) => relation is Filter || relation.Inputs.Any(HasFilter);

    string Name(Relation relation)
    {
        if (names.TryGetValue(relation, out var name)) return name;
        var sql = Body(relation);
        name = $"{relation.GetType().Name.ToLowerInvariant()}_{steps.Count + 1}";
        if (name.StartsWith("setoperation", StringComparison.Ordinal)) name = $"set_{steps.Count + 1}";
        names[relation] = name;
        // A step that is read once is part of what reads it: written out, it would only cost. One that is read twice, over rows
        // that another engine gives, is computed once: below it rows may be refused.
        steps.Add((name, sql, kept.Contains(relation) || uses[relation] > 1 && RunsOnce(relation) ? "MATERIALIZED " : uses[relation] == 1 ? "NOT MATERIALIZED " : ""));
        return name;
    }

    static bool RunsOnce(Relation relation) => relation is Scan { Source: FragmentSource } || relation.Inputs.Any(RunsOnce);

    string Body(Relation relation) => Step(relation, [.. relation.Inputs.Select(Name)]);

    string Step(Relation relation, IReadOnlyList<string> inputs) => relation switch
    {
        Scan scan => scans(scan),
        Filter filter => $"SELECT * FROM {inputs[0]} WHERE {Over(filter.Input).Write(filter.Condition)}",
        Check or Project { Rejects: true } => throw new InexpressibleException("what refuses rows must tell which"),
        Project project => $"SELECT {Columns(Over(project.Input), project.Columns)} FROM {inputs[0]}",
        Sort sort => sort.Keys.Count == 0 ? $"SELECT * FROM {inputs[0]}" : $"SELECT * FROM {inputs[0]} ORDER BY {string.Join(", ", sort.Keys.Select(Over(sort.Input).Key))}",
        Limit limit => $"SELECT * FROM {inputs[0]}{(limit.Count is { } count ? $" LIMIT {count}" : "")}{(limit.Skip > 0 ? $" OFFSET {limit.Skip}" : "")}",
        Distinct => $"SELECT DISTINCT * FROM {inputs[0]}",
        Group group => Group(group, inputs[0]),
        Window window => new WindowStep(dialect, window, callbacks).Write(inputs[0]),
        Join join => new JoinStep(dialect, join, callbacks).Write(inputs[0], inputs[1]),
        SetOperation set => Set(set, inputs),
        Unpivot unpivot => Unpivot(unpivot, inputs[0]),
        Flatten flatten => Flatten(flatten, inputs[0]),
        Query query => dialect is DuckDbDialect ? Query(query, inputs) : throw new InexpressibleException("the query is written for DuckDB"),
        Sample => throw new InexpressibleException("a sample must keep the same rows each time, which takes their positions"),
        _ => throw new InexpressibleException($"{dialect.Name} has no words for {relation.GetType().Name}"),
    };

    // The author's text stands alone on its lines: a comment at its end must not swallow the bracket.
    static string Query(Query query, IReadOnlyList<string> inputs) => query.Tables.Count == 0
        ? $"FROM (\n{query.Sql}\n)"
        : $"FROM (WITH {string.Join(", ", query.Tables.Select((t, i) => $"{SqlScope.Quote(t.Name)} AS NOT MATERIALIZED (FROM {inputs[i]})"))} FROM (\n{query.Sql}\n))";

    SqlExpressions Over(Relation input) => new(dialect, new SqlScope(input.Schema), callbacks);

    static string Columns(SqlExpressions writer, IEnumerable<NamedExpr> columns) => string.Join(", ", columns.Select(c => Column(writer, c)));

    static string Column(SqlExpressions writer, NamedExpr column)
    {
        var (value, name) = (writer.Write(column.Value), SqlScope.Quote(column.Name));
        // What is known before rows are read may be null, which forgets its type.
        if (column.Value is CallExpr && !column.Value.All().Any(e => e is ColumnExpr or AggregateExpr)) value = $"CAST({value} AS {writer.Dialect.TypeName(writer.TypeOf(column.Value).Type)})";
        return value == name ? name : $"{value} AS {name}";
    }

    string Group(Group group, string input)
    {
        var writer = Over(group.Input);
        // First and last without an order of their own follow the order of rows.
        var ordered = group.Values.Any(v => LacksOrder(v.Value));
        var row = new SortKey(new ColumnExpr(SqlWindows.Row));
        if (ordered)
        {
            writer = new SqlExpressions(dialect, new SqlScope(new Schema(group.Input.Schema.Append(new Field(SqlWindows.Row, DataType.Int64, false)))), callbacks);
            input = $"(SELECT *, row_number() OVER () AS {SqlScope.Quote(SqlWindows.Row)} FROM {input}) AS numbered";
        }
        var columns = group.Keys.Concat(group.Values.Select(v => ordered ? v with { Value = WithOrder(v.Value, row) } : v)).ToList();
        if (columns.Count == 0) throw new InexpressibleException("a query needs a column");
        var sql = $"SELECT {Columns(writer, columns)} FROM {input}";
        // By their places: a key that is a constant would else be taken for one.
        return group.Keys.Count == 0 ? group.Values.Any(v => v.Value.All().Any(e => e is AggregateExpr)) ? sql : $"{sql} LIMIT 1"
            : $"{sql} GROUP BY {string.Join(", ", Enumerable.Range(1, group.Keys.Count))}";
    }

    static bool IsOrdered(Expr expr) => expr is AggregateExpr { Aggregate.Name: "first" or "last" or "list" or "join", Distinct: false };

    static bool LacksOrder(Expr expr) => expr.All().Any(e => IsOrdered(e) && ((AggregateExpr)e).OrderBy.Count == 0);

    static Expr WithOrder(Expr expr, SortKey row) =>
        expr.Rewrite(e => IsOrdered(e) && e is AggregateExpr { OrderBy.Count: 0 } a ? a with { OrderBy = [row] } : e);

    string Set(SetOperation set, IReadOnlyList<string> inputs)
    {
        var word = set.Kind switch { SetKind.UnionAll => "UNION ALL", SetKind.Union => "UNION", SetKind.Intersect => "INTERSECT", _ => "EXCEPT" };
        return $"SELECT {Side(set.Left)} FROM {inputs[0]} {word} SELECT {Side(set.Right)} FROM {inputs[1]}";

        string Side(Relation side)
        {
            var writer = Over(side);
            return string.Join(", ", side.Schema.Select((f, i) => (writer.As(new ColumnExpr(f.Name), set.Schema[i].Type), SqlScope.Quote(set.Schema[i].Name)) switch
            {
                var (value, name) when value == name => name,
                var (value, name) => $"{value} AS {name}",
            }));
        }
    }

    string Unpivot(Unpivot unpivot, string input)
    {
        var writer = Over(unpivot.Input);
        var type = unpivot.Schema[unpivot.Schema.Count - 1].Type;
        if (type.IsNested && dialect.WhyNot(DataType.List(type)) is { } reason) throw new InexpressibleException(reason);
        var names = unpivot.Columns.Select(c => SqlDialect.Text(unpivot.Input.Schema[c].Name));
        var values = unpivot.Columns.Select(c => writer.As(new ColumnExpr(c), type));
        var kept = string.Concat(unpivot.Kept.Select(f => $"{SqlScope.Quote(f.Name)}, "));
        return $"SELECT {kept}unnest({dialect.List(names)}) AS {SqlScope.Quote(unpivot.NameColumn)}, unnest({dialect.List(values)}) AS {SqlScope.Quote(unpivot.ValueColumn)} FROM {input}";
    }

    string Flatten(Flatten flatten, string input)
    {
        var at = flatten.Input.Schema.IndexOf(flatten.Column);
        var name = SqlScope.Quote(flatten.Input.Schema[at].Name);
        var items = name;
        if (flatten.KeepEmpty)
        {
            var none = $"CAST({dialect.List(["NULL"])} AS {dialect.TypeName(flatten.Input.Schema[at].Type)})";
            items = $"CASE WHEN {dialect.Functions["item_count"](new SqlCall(Over(flatten.Input), new CallExpr(Functions.ItemCount, [new ColumnExpr(flatten.Column)])))} > 0 THEN {name} ELSE {none} END";
        }
        return $"SELECT {string.Join(", ", flatten.Input.Schema.Select((f, i) => i == at ? $"unnest({items}) AS {name}" : SqlScope.Quote(f.Name)))} FROM {input}";
    }
}
