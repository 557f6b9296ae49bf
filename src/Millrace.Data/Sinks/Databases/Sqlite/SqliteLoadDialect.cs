using Millrace.Plans;

namespace Millrace.Data;

sealed class SqliteLoadDialect : LoadDialect
{
    internal override string TypeOf(Field field) => SqliteTypes.SqlOf(field.Type);

    internal override bool Holds(TargetColumn column, DataType value) => base.Holds(column, value) || (column.Field.Type.Kind == TypeKind.Text && value.IsNested);

    internal override string Differs(string a, string b, DataType type) => $"{a} is not {b}";

    internal override string Instant(DateTimeOffset time) => $"'{SqliteBinder.Moment(ClrValue.MicrosecondsOf(time))}Z'";

    internal override string True => "1";
    internal override string False => "0";

    // What is in the file is the same then: numbers of all sizes, decimals as their digits.
    internal override bool CanWiden(DataType from, DataType to) => (from.IsInteger && (to.IsInteger || to.IsFloat)) || (from.IsFloat && to.IsFloat) || (from is DecimalType && to is DecimalType);

    /// <summary>
    /// SQLite has no statement that changes a column's type, and a new column in the old one's place would lose its key, indexes,
    /// default and constraints. What differs is one word of the table's text, so that word is changed, as SQLite's
    /// documentation of ALTER TABLE describes for what leaves the content of the file alone.
    /// </summary>
    internal override async Task WidenAsync(LoadSession session, TableName table, MatchedColumn column, CancellationToken cancel)
    {
        var where = $"type = 'table' and lower(name) = lower({Text(table.Name)})";
        var before = await ColumnsAsync(session, table, cancel).ConfigureAwait(false);
        var found = await session.QueryAsync($"select sql from sqlite_master where {where}", cancel).ConfigureAwait(false);
        // A decimal that SQLite keeps as a number, as it does where a table says NUMERIC, would have to become text.
        var isKeptAlike = column.Target is not DecimalType || before.Any(c => c.Name.Equals(column.Staged.Name, StringComparison.OrdinalIgnoreCase) && c.Type.StartsWith("DECIMAL_TEXT", StringComparison.OrdinalIgnoreCase));
        var text = isKeptAlike && found is [[string sql]] ? SqliteDeclaration.Retype(sql, column.Staged.Name, column.Type) : null;
        if (text is not null)
        {
            var version = (await session.QueryAsync("pragma schema_version", cancel).ConfigureAwait(false))[0][0];
            // Told a new version, other connections read the text again; reset, this one does.
            await session.RunAsync($"pragma writable_schema = on; update sqlite_master set sql = {Text(text)} where {where}; pragma schema_version = {(long)version! + 1}; pragma writable_schema = reset", cancel).ConfigureAwait(false);
            var after = await ColumnsAsync(session, table, cancel).ConfigureAwait(false);
            var expected = before.Select(c => c.Name.Equals(column.Staged.Name, StringComparison.OrdinalIgnoreCase) ? c with { Type = column.Type } : c);
            if (after.SequenceEqual(expected)) return;
        }
        throw new LoadException($"Column '{column.Staged.Name}' of {table} can't be declared {column.Type}: its declaration is not one that a load reads. Nothing was loaded. Change the table by hand, or cast the column before the load.");
    }

    static async Task<List<Declared>> ColumnsAsync(LoadSession session, TableName table, CancellationToken cancel) =>
        [.. (await session.QueryAsync($"select name, type, \"notnull\", dflt_value, pk from pragma_table_info({Text(table.Name)})", cancel).ConfigureAwait(false))
            .Select(r => new Declared((string)r[0]!, (string)r[1]!, $"{r[2]}", r[3]?.ToString(), $"{r[4]}"))];

    sealed record Declared(string Name, string Type, string NotNull, string? Default, string Key);
}
