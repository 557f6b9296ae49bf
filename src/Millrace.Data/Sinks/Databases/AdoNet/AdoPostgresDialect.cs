using System.Data;
using Millrace.Plans;

namespace Millrace.Data;

sealed class AdoPostgresDialect(AdoDialect ado) : AdoLoadDialect(ado)
{
    readonly PostgresLoadDialect speech = new();

    private protected override string SqlOf(DataType type) => type.IsNested ? "text" : PostgresTypes.SqlOf(type);

    internal override string Differs(string a, string b, DataType type) => speech.Differs(a, b, type);

    internal override string Instant(DateTimeOffset time) => speech.Instant(time);

    internal override string First(string query, int count) => speech.First(query, count);

    internal override string Update(string table, string? staging, IReadOnlyList<(string Name, string Value)> changes, string condition) =>
        speech.Update(table, staging, changes, condition);

    internal override bool Holds(TargetColumn column, DataType value) => base.Holds(column, value) || speech.Holds(column, value);

    internal override string Comparable(string value, MatchedColumn column) => speech.Comparable(value, column);

    internal override int? LengthOf(TargetColumn column) => speech.LengthOf(column);

    // Nested values are staged as text.
    internal override string Cast(string value, MatchedColumn column) =>
        column.Staged.Type.IsNested && column.Type is "json" or "jsonb" ? $"{value}::{column.Type}" : speech.Cast(value, column);

    internal override string StateTable(TableName state) => speech.StateTable(state);

    internal override string Staging => "pg_temp.millrace_staging";

    internal override string CreateStaging(string columns) => $"create temporary table millrace_staging ({columns})";

    internal override string? IndexStaging(IReadOnlyList<Field> key) => null;

    // Nobody but us analyses a temporary table, and without numbers the planner would merge row by row.
    internal override string? Analyze => $"analyze {Staging}";

    internal override IsolationLevel Isolation => IsolationLevel.Unspecified;

    internal override string? TakeTurn(TableName table) => $"select 1 from pg_advisory_xact_lock(hashtextextended({Literal(table.Sql)}, 7))";

    internal override string? Lock(TableName table) => $"lock table {Quote(table)} in share row exclusive mode";

    internal override string Columns(TableName table) => $"""
        select a.attname::text, format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 0 else 1 end, case when a.atthasdef or a.attidentity <> '' then 1 else 0 end
        from pg_attribute a where a.attrelid = to_regclass({Literal(table.Sql)}) and a.attnum > 0 and not a.attisdropped order by a.attnum
        """;

    internal override DbType? ParameterType(DataType type) => type.Kind switch
    {
        TypeKind.Uuid => DbType.Guid,
        // An interval, which Npgsql knows by the value and the server by the column.
        TypeKind.Duration => null,
        _ => base.ParameterType(type),
    };

    internal override object Value(Column column, int row) => column.Type.Kind is TypeKind.Uuid or TypeKind.Duration ? column.ValueAt(row) ?? DBNull.Value : base.Value(column, row);
}
