using System.Data;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>SQL Server 2016 and later.</summary>
sealed class AdoSqlServerDialect(AdoDialect ado) : AdoLoadDialect(ado)
{
    const string AsBytes = "collate Latin1_General_100_BIN2";

    private protected override string SqlOf(DataType type) => type.Kind switch
    {
        TypeKind.Boolean => "bit",
        TypeKind.Float64 => "float(53)",
        TypeKind.Binary => "varbinary(max)",
        TypeKind.Timestamp => "datetime2(6)",
        TypeKind.Instant => "datetimeoffset(6)",
        TypeKind.Uuid => "uniqueidentifier",
        TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64 or TypeKind.Duration or TypeKind.Float32 or TypeKind.Decimal or TypeKind.Date or TypeKind.Time => base.SqlOf(type),
        _ => "nvarchar(max)",
    };

    // A key of an index has 900 bytes at most.
    internal override string KeyTypeOf(Field field) => field.Type.Kind switch
    {
        TypeKind.Text or TypeKind.Enum => "nvarchar(450)",
        TypeKind.Binary => "varbinary(900)",
        _ => TypeOf(field),
    };

    // Null is a value to EXCEPT, and only there before version 2022.
    internal override string Differs(string a, string b, DataType type) =>
        type.Kind is TypeKind.Text or TypeKind.Enum ? $"exists (select {a} {AsBytes} except select {b} {AsBytes})" : $"exists (select {a} except select {b})";

    internal override string True => "1";
    internal override string False => "0";

    internal override string Literal(string text) => "N" + base.Literal(text);

    internal override string AddColumn(TableName table, Field field) => $"alter table {Quote(table)} add {Declare(field.Name, TypeOf(field), nullable: true)}";

    internal override string Widen(TableName table, string column, string type, bool nullable) => $"alter table {Quote(table)} alter column {Declare(column, type, nullable)}";

    // What isn't said of null is up to the session's settings.
    internal override string Declare(string name, string type, bool nullable) => base.Declare(name, type, nullable) + (nullable ? " null" : "");

    internal override string StateTable(TableName state) => $"""
        if object_id({Literal(Quote(state))}) is null create table {Quote(state)} (
            target nvarchar(255) not null, kind nvarchar(16) not null, id nvarchar(150) not null, value nvarchar(max) null, [rows] bigint null, loaded_at datetimeoffset(6) null,
            primary key (target, kind, id))
        """;

    internal override string Update(string table, string? staging, IReadOnlyList<(string Name, string Value)> changes, string condition) =>
        $"update t set {Assignments(changes)} from {table} as t{(staging is null ? " where" : $" inner join {staging} as s on")} {condition}";

    internal override string Delete(string table, string alias, string condition) => $"delete {alias} from {table} as {alias} where {condition}";

    internal override string First(string query, int count) => $"select top ({count}){query["select".Length..]}";

    internal override string Staging => "[#millrace_staging]";

    internal override string CreateStaging(string columns) => $"create table {Staging} ({columns})";

    // Long text can't be indexed; joins that are large are hashed anyway.
    internal override string? IndexStaging(IReadOnlyList<Field> key) => null;

    internal override IsolationLevel Isolation => IsolationLevel.Unspecified;

    internal override string? TakeTurn(TableName table) =>
        $"declare @turn int; exec @turn = sp_getapplock @Resource = {Literal($"millrace {table.Sql}")}, @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = -1; select case when @turn >= 0 then 1 else 0 end";

    internal override string Columns(TableName table) => $"""
        select c.name, type_name(c.user_type_id), cast(c.is_nullable as int), case when c.default_object_id <> 0 or c.is_identity = 1 or c.is_computed = 1 then 1 else 0 end
        from sys.columns c where c.object_id = object_id({Literal(Quote(table))}) order by c.column_id
        """;

    internal override DbType? ParameterType(DataType type) => type.Kind == TypeKind.Uuid ? DbType.Guid : base.ParameterType(type);

    internal override object Value(Column column, int row) => column.Type.Kind == TypeKind.Uuid ? column.ValueAt(row) ?? DBNull.Value : base.Value(column, row);
}
