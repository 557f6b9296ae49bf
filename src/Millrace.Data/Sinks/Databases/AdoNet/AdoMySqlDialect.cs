using System.Data;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>MariaDB and MySQL.</summary>
sealed class AdoMySqlDialect(AdoDialect ado) : AdoLoadDialect(ado)
{
    const int Patience = 300;

    private protected override string SqlOf(DataType type) => type.Kind switch
    {
        TypeKind.Float32 => "float",
        TypeKind.Float64 => "double",
        TypeKind.Binary => "longblob",
        TypeKind.Timestamp => "datetime(6)",
        TypeKind.Instant => "timestamp(6)",
        // Compared as it is, and not as a dictionary would sort it.
        TypeKind.Uuid => "char(36) character set ascii collate ascii_bin",
        TypeKind.Boolean or TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64 or TypeKind.Duration or TypeKind.Decimal or TypeKind.Date or TypeKind.Time => base.SqlOf(type),
        _ => "longtext character set utf8mb4 collate utf8mb4_bin",
    };

    internal override string KeyTypeOf(Field field) => field.Type.Kind switch
    {
        TypeKind.Text or TypeKind.Enum => "varchar(255) character set utf8mb4 collate utf8mb4_bin",
        TypeKind.Binary => "varbinary(255)",
        _ => TypeOf(field),
    };

    // Older servers let the first such column that isn't null and has no default follow each update of its row.
    internal override string Declare(string name, string type, bool nullable) =>
        base.Declare(name, type, nullable) + (!type.StartsWith("timestamp", StringComparison.Ordinal) ? "" : nullable ? " null" : " default current_timestamp(6)");

    // Its own comparison of text knows neither case nor spaces at the end.
    internal override string Differs(string a, string b, DataType type) =>
        type.Kind is TypeKind.Text or TypeKind.Enum ? $"not (binary {a} <=> binary {b})" : $"not ({a} <=> {b})";

    internal override string Instant(DateTimeOffset time) => $"timestamp '{SqliteBinder.Moment(ClrValue.MicrosecondsOf(time))}'";

    internal override string Literal(string text) => base.Literal(text.Replace("\\", "\\\\", StringComparison.Ordinal));

    internal override string Widen(TableName table, string column, string type, bool nullable) => $"alter table {Quote(table)} modify column {Declare(column, type, nullable)}";

    internal override string StateTable(TableName state) => $"""
        create table if not exists {Quote(state)} (
            target varchar(255) not null, kind varchar(16) not null, id varchar(255) not null, value longtext, `rows` bigint, loaded_at timestamp(6) null,
            primary key (target, kind, id)) character set utf8mb4 collate utf8mb4_bin
        """;

    internal override string Update(string table, string? staging, IReadOnlyList<(string Name, string Value)> changes, string condition) => staging is null
        ? $"update {table} as t set {Assignments(changes, "t.")} where {condition}"
        : $"update {table} as t inner join {staging} as s on {condition} set {Assignments(changes, "t.")}";

    internal override string Delete(string table, string alias, string condition) => $"delete {alias} from {table} as {alias} where {condition}";

    internal override string First(string query, int count) => $"{query} limit {count}";

    // Strict: a value that doesn't fit is refused and not bent. Instants are kept in UTC and spoken of in the session's zone.
    internal override string? Greeting => "set session sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00'";

    internal override string CreateStaging(string columns) => $"create temporary table {Staging} ({columns})";

    internal override string DropStaging => $"drop temporary table {Staging}";

    internal override string? IndexStaging(IReadOnlyList<Field> key) =>
        $"create index millrace_staging_key on {Staging} ({string.Join(", ", key.Select(k => k.Type.Kind is TypeKind.Text or TypeKind.Enum or TypeKind.Binary ? $"{Quote(k.Name)}(191)" : Quote(k.Name)))})";

    internal override bool ShapesInTransaction => false;

    internal override IsolationLevel Isolation => IsolationLevel.Unspecified;

    internal override string? TakeTurn(TableName table) => $"select get_lock({Turn(table)}, {Patience})";

    internal override string? EndTurn(TableName table) => $"do release_lock({Turn(table)})";

    // A lock's name has 64 characters at most.
    string Turn(TableName table) => $"concat('millrace ', md5(concat(database(), ' ', {Literal(table.Sql)})))";

    internal override string Columns(TableName table) => $"""
        select column_name, data_type, case when is_nullable = 'NO' then 0 else 1 end, case when column_default is not null or extra like '%auto_increment%' then 1 else 0 end
        from information_schema.columns where table_name = {Literal(table.Name)} and table_schema = {(table.Schema is null ? "database()" : Literal(table.Schema))} order by ordinal_position
        """;

    internal override DataType? Reads(string typeName) => typeName.Equals("timestamp", StringComparison.OrdinalIgnoreCase) ? DataType.Instant : null;
}
