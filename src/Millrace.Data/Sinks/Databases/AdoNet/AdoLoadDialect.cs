using System.Data;
using System.Text;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// What a load says to a database of which nothing more is known than that it speaks SQL. Staged rows are numbered, since
/// not every database can say where a row is.
/// </summary>
class AdoLoadDialect(AdoDialect ado) : LoadDialect
{
    internal const string Number = "millrace_no";

    internal override string Quote(string name) => ado.Quote(name);

    internal override string TypeOf(Field field) => ado.Types?.Invoke(field.Type) ?? SqlOf(field.Type);

    private protected virtual string SqlOf(DataType type) => type switch
    {
        DecimalType d => $"decimal({d.Precision},{d.Scale})",
        _ => type.Kind switch
        {
            TypeKind.Boolean => "boolean",
            TypeKind.Int16 => "smallint",
            TypeKind.Int32 => "integer",
            TypeKind.Int64 or TypeKind.Duration => "bigint",
            TypeKind.Float32 => "real",
            TypeKind.Float64 => "double precision",
            TypeKind.Binary => "blob",
            TypeKind.Date => "date",
            TypeKind.Time => "time(6)",
            TypeKind.Timestamp => "timestamp(6)",
            TypeKind.Instant => "timestamp(6) with time zone",
            TypeKind.Uuid => "char(36)",
            _ => "varchar(4000)",
        },
    };

    internal override string RowId => Quote(Number);

    // Nested values are JSON in a column of text; UUIDs are text and durations whole microseconds where they have no type.
    internal override bool Holds(TargetColumn column, DataType value) => base.Holds(column, value) || (column.Field.Type.Kind, value.Kind) switch
    {
        (TypeKind.Text, TypeKind.Uuid) => SqlOf(value).StartsWith("char", StringComparison.Ordinal),
        (TypeKind.Text, _) => value.IsNested,
        (TypeKind.Int64, TypeKind.Duration) => SqlOf(DataType.Duration) == SqlOf(DataType.Int64),
        _ => false,
    };

    internal override string Differs(string a, string b, DataType type) => $"({a} <> {b} or ({a} is null and {b} is not null) or ({a} is not null and {b} is null))";

    internal override string Instant(DateTimeOffset time) => $"cast('{SqliteBinder.Moment(ClrValue.MicrosecondsOf(time))}+00:00' as {TypeOf(new Field("at", DataType.Instant))})";

    internal override string Widen(TableName table, string column, string type, bool nullable) => $"alter table {Quote(table)} alter column {Quote(column)} set data type {type}";

    internal override string StateTable(TableName state) =>
        $"create table if not exists {Quote(state)} (target varchar(255) not null, kind varchar(16) not null, id varchar(255) not null, value {TypeOf(new Field("value", DataType.Text))}, {Quote("rows")} bigint, loaded_at {TypeOf(new Field("loaded_at", DataType.Instant))}, primary key (target, kind, id))";

    // No update of two tables: each value is looked up, as the condition is.
    internal override string Update(string table, string? staging, IReadOnlyList<(string Name, string Value)> changes, string condition) => staging is null
        ? base.Update(table, null, changes, condition)
        : $"update {table} as t set {Assignments(changes.Select(c => (c.Name, $"(select {c.Value} from {staging} as s where {condition})")))} where exists (select 1 from {staging} as s where {condition})";

    internal override string First(string query, int count) => $"{query} fetch first {count} rows only";

    /// <summary>Said first in each session; null where there is nothing to say.</summary>
    internal virtual string? Greeting => null;

    /// <summary>The staging table's name in SQL: only its session sees it, and it ends with it.</summary>
    internal virtual string Staging => Quote("millrace_staging");

    internal virtual string CreateStaging(string columns) => $"create local temporary table {Staging} ({columns}) on commit preserve rows";

    internal virtual string DropStaging => $"drop table {Staging}";

    /// <summary>Null where a column of that key can't be indexed.</summary>
    internal virtual string? IndexStaging(IReadOnlyList<Field> key) => $"create index {Quote("millrace_staging_key")} on {Staging} ({string.Join(", ", key.Select(k => Quote(k.Name)))})";

    /// <summary>Tells the planner what is in the staging table, where it doesn't look by itself.</summary>
    internal virtual string? Analyze => null;

    /// <summary>Whether new tables and columns go when their transaction is rolled back.</summary>
    internal virtual bool ShapesInTransaction => true;

    // Where loads can't be told to wait for each other, the database lets one of two fail.
    internal virtual IsolationLevel Isolation => IsolationLevel.Serializable;

    /// <summary>A query that waits until no other load of the table is at work, and gives 1 then.</summary>
    internal virtual string? TakeTurn(TableName table) => null;

    /// <summary>For turns that don't end with their transaction.</summary>
    internal virtual string? EndTurn(TableName table) => null;

    /// <summary>Keeps writers off the table until the transaction ends.</summary>
    internal virtual string? Lock(TableName table) => null;

    /// <summary>A query for a table's columns: name, type, 1 where null may stand, 1 where the database fills the column itself. No rows, no table.</summary>
    internal virtual string Columns(TableName table) => $"""
        select column_name, data_type, case when is_nullable = 'NO' then 0 else 1 end, case when column_default is null then 0 else 1 end
        from information_schema.columns where table_name = {Literal(table.Name)} and {(table.Schema is null ? "1 = 1" : $"table_schema = {Literal(table.Schema)}")} order by ordinal_position
        """;

    /// <summary>What a column holds by its type's name, where the provider's own word for it says less; else null.</summary>
    internal virtual DataType? Reads(string typeName) => null;

    /// <summary>The parameter's type, which a null can't say by itself.</summary>
    internal virtual DbType? ParameterType(DataType type) => type.Kind switch
    {
        TypeKind.Boolean => DbType.Boolean,
        TypeKind.Int16 => DbType.Int16,
        TypeKind.Int32 => DbType.Int32,
        TypeKind.Int64 or TypeKind.Duration => DbType.Int64,
        TypeKind.Float32 => DbType.Single,
        TypeKind.Float64 => DbType.Double,
        TypeKind.Decimal => DbType.Decimal,
        TypeKind.Binary => DbType.Binary,
        TypeKind.Date => DbType.Date,
        TypeKind.Time => DbType.Time,
        TypeKind.Timestamp => DbType.DateTime2,
        TypeKind.Instant => DbType.DateTimeOffset,
        _ => DbType.String,
    };

    /// <summary>The value as providers take it, the older ones too.</summary>
    internal virtual object Value(Column column, int row) => column.ValueAt(row) switch
    {
        null => DBNull.Value,
        var nested when column.Type.IsNested => Encoding.UTF8.GetString(ValueJson.Utf8(nested)),
        DateOnly date => date.ToDateTime(TimeOnly.MinValue),
        TimeOnly time => time.ToTimeSpan(),
        TimeSpan span => ClrValue.MicrosecondsOf(span),
        Guid id => id.ToString(),
        var value => value,
    };
}
