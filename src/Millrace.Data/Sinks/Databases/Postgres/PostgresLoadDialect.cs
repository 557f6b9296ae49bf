using System.Globalization;
using System.Text.RegularExpressions;

namespace Millrace.Data;

sealed partial class PostgresLoadDialect : LoadDialect
{
    internal override string TypeOf(Field field) => PostgresTypes.SqlOf(field.Type);

    internal override string RowId => "ctid";

    internal override bool Holds(TargetColumn column, DataType value) =>
        base.Holds(column, value) || (column.SqlType is "json" or "jsonb" && value.IsNested) || (column.Field.Type.Kind == TypeKind.Enum && value.Kind == TypeKind.Text);

    internal override int? LengthOf(TargetColumn column) =>
        Bounded().Match(column.SqlType) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"^character(?: varying)?\((\d+)\)$")]
    private static partial Regex Bounded();

    // Neither is equal to anything.
    internal override string Comparable(string value, MatchedColumn column) => column.Type switch
    {
        "json" => $"({value})::jsonb",
        "xml" => $"({value})::text",
        _ => value,
    };

    // Two that create it at once would both find it missing, and one fail.
    internal override string StateTable(TableName state) => $"select pg_advisory_xact_lock(hashtextextended({Text(state.Sql)}, 7)); {base.StateTable(state)}";

    // Numbers widen by themselves; text becomes json or a database's enum only when it is told to.
    internal override string Cast(string value, MatchedColumn column) =>
        column.Staged.Type.Kind is TypeKind.Text or TypeKind.Enum && column.Type != "text" && !column.Type.StartsWith("character", StringComparison.Ordinal)
            ? $"{value}::{column.Type}"
            : value;
}
