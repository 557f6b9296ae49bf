using Millrace.Plans;

namespace Millrace.Data;

/// <summary>In what the databases' SQL differs, as far as loads speak it.</summary>
abstract class LoadDialect
{
    internal abstract string TypeOf(Field field);

    /// <summary>Where each row is, while nobody changes it.</summary>
    internal virtual string RowId => "rowid";

    internal virtual bool CanWiden => true;

    /// <summary>Whether a column of a type holds another's values although the type isn't the wider one.</summary>
    internal virtual bool Holds(TargetColumn column, DataType value) => column.Field.Type.Kind == TypeKind.Text && value.Kind is TypeKind.Enum or TypeKind.Null;

    /// <summary>Whether two values differ, null being a value like others.</summary>
    internal virtual string Differs(string a, string b) => $"{a} is distinct from {b}";

    /// <summary>A staged value as the table's column takes it.</summary>
    internal virtual string Cast(string value, MatchedColumn column) => value;

    internal virtual string Instant(DateTimeOffset time) => $"timestamptz '{ClrValue.Display(time)}'";

    internal virtual string True => "true";
    internal virtual string False => "false";

    internal virtual string Widen(TableName table, string column, string type) => $"alter table {table.Sql} alter column {TableName.Quote(column)} type {type}";

    internal virtual string StateTable(TableName state) => $"""
        create table if not exists {state.Sql} (
            target text not null, kind text not null, id text not null, value text, rows bigint, loaded_at timestamptz not null,
            primary key (target, kind, id))
        """;

    /// <summary>Changes the rows that meet a staged one.</summary>
    internal virtual string Update(string table, string staging, string assignments, string condition) =>
        $"update {table} as t set {assignments} from {staging} as s where {condition}";

    internal static string Text(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

}
