using Millrace.Plans;

namespace Millrace.Data;

/// <summary>In what the databases' SQL differs, as far as loads speak it.</summary>
abstract class LoadDialect
{
    internal abstract string TypeOf(Field field);

    /// <summary>The type of a column of a key: some databases have no index over their text.</summary>
    internal virtual string KeyTypeOf(Field field) => TypeOf(field);

    internal virtual string Quote(string name) => TableName.Quote(name);

    internal string Quote(TableName table) => table.Schema is null ? Quote(table.Name) : $"{Quote(table.Schema)}.{Quote(table.Name)}";

    /// <summary>Where each row is, while nobody changes it.</summary>
    internal virtual string RowId => "rowid";

    /// <summary>Whether a column can become one of that wider type, with all else about it and its values as they are.</summary>
    internal virtual bool CanWiden(DataType from, DataType to) => true;

    /// <summary>Whether a column of a type holds another's values although the type isn't the wider one.</summary>
    internal virtual bool Holds(TargetColumn column, DataType value) => column.Field.Type.Kind == TypeKind.Text && value.Kind is TypeKind.Enum or TypeKind.Null;

    /// <summary>How many characters the column's text has at most; null where nothing bounds it.</summary>
    internal virtual int? LengthOf(TargetColumn column) => null;

    /// <summary>Whether two values of a type differ, null being a value like others.</summary>
    internal virtual string Differs(string a, string b, DataType type) => $"{a} is distinct from {b}";

    /// <summary>A value of the table or for it as the database can compare it.</summary>
    internal virtual string Comparable(string value, MatchedColumn column) => value;

    /// <summary>A staged value as the table's column takes it.</summary>
    internal virtual string Cast(string value, MatchedColumn column) => value;

    internal virtual string Instant(DateTimeOffset time) => $"timestamptz '{ClrValue.Display(time)}'";

    internal virtual string True => "true";
    internal virtual string False => "false";

    internal virtual string Literal(string text) => Text(text);

    /// <summary>A column as <c>create table</c> and <c>alter table</c> declare it.</summary>
    internal virtual string Declare(string name, string type, bool nullable) => $"{Quote(name)} {type}{(nullable ? "" : " not null")}";

    internal virtual string AddColumn(TableName table, Field field) => $"alter table {Quote(table)} add column {Declare(field.Name, TypeOf(field), nullable: true)}";

    internal virtual Task WidenAsync(LoadSession session, TableName table, MatchedColumn column, CancellationToken cancel) =>
        session.RunAsync(Widen(table, column.Staged.Name, column.Type, column.Nullable), cancel);

    internal virtual string Widen(TableName table, string column, string type, bool nullable) => $"alter table {Quote(table)} alter column {Quote(column)} type {type}";

    internal virtual string StateTable(TableName state) => $"""
        create table if not exists {Quote(state)} (
            target text not null, kind text not null, id text not null, value text, {Quote("rows")} bigint, loaded_at timestamptz not null,
            primary key (target, kind, id))
        """;

    /// <summary>Changes rows of a table, all that meet the condition; each with the staged row that it meets, if a staging table is named.</summary>
    internal virtual string Update(string table, string? staging, IReadOnlyList<(string Name, string Value)> changes, string condition) =>
        $"update {table} as t set {Assignments(changes)}{(staging is null ? "" : $" from {staging} as s")} where {condition}";

    internal virtual string Delete(string table, string alias, string condition) => $"delete from {table} as {alias} where {condition}";

    /// <summary>The first rows of a query.</summary>
    internal virtual string First(string query, int count) => $"{query} limit {count}";

    private protected string Assignments(IEnumerable<(string Name, string Value)> changes, string before = "") =>
        string.Join(", ", changes.Select(c => $"{before}{Quote(c.Name)} = {c.Value}"));

    internal static string Text(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
}
