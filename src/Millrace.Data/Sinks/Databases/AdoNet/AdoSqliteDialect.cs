using System.Data;
using System.Globalization;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>SQLite by a provider: types and spellings are those of <see cref="SqliteTypes"/>.</summary>
sealed class AdoSqliteDialect(AdoDialect ado) : AdoLoadDialect(ado)
{
    readonly SqliteLoadDialect speech = new();

    private protected override string SqlOf(DataType type) => SqliteTypes.SqlOf(type);

    internal override string Differs(string a, string b, DataType type) => speech.Differs(a, b, type);

    internal override string Instant(DateTimeOffset time) => speech.Instant(time);

    internal override string First(string query, int count) => speech.First(query, count);

    internal override string Update(string table, string? staging, IReadOnlyList<(string Name, string Value)> changes, string condition) =>
        speech.Update(table, staging, changes, condition);

    internal override bool CanWiden(DataType from, DataType to) => speech.CanWiden(from, to);

    internal override Task WidenAsync(LoadSession session, TableName table, MatchedColumn column, CancellationToken cancel) => speech.WidenAsync(session, table, column, cancel);

    internal override string StateTable(TableName state) => speech.StateTable(state);

    internal override string True => speech.True;
    internal override string False => speech.False;

    internal override string Staging => "temp.millrace_staging";

    internal override string CreateStaging(string columns) => $"create temp table millrace_staging ({columns})";

    internal override string? IndexStaging(IReadOnlyList<Field> key) => $"create index temp.millrace_staging_key on millrace_staging ({string.Join(", ", key.Select(k => Quote(k.Name)))})";

    // Its transactions begin by taking the file's one lock for writers.
    internal override IsolationLevel Isolation => IsolationLevel.Unspecified;

    internal override string Columns(TableName table) =>
        $"select name, type, case when \"notnull\" = 0 and pk = 0 then 1 else 0 end, dflt_value is not null or (pk = 1 and upper(type) = 'INTEGER') from pragma_table_info({Literal(table.Name)})";

    internal override DataType? Reads(string typeName) => SqliteTypes.TypeOf(typeName);

    internal override DbType? ParameterType(DataType type) => null;

    internal override object Value(Column column, int row)
    {
        if (column.IsNull(row)) return DBNull.Value;
        return column switch
        {
            Column<Int128> c => ExactDecimal.Of(c.Values[row], ((DecimalType)column.Type).Scale),
            Column<bool> c => c.Values[row] ? 1L : 0L,
            Column<double> c => Known(c.Values[row]),
            Column<float> c => Known(c.Values[row]),
            Column<int> c when column.Type.Kind == TypeKind.Date => ClrValue.Epoch.AddDays(c.Values[row]).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            Column<long> c => column.Type.Kind switch
            {
                TypeKind.Time => new TimeOnly(c.Values[row] * TimeSpan.TicksPerMicrosecond).ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
                TypeKind.Timestamp => SqliteBinder.Moment(c.Values[row]),
                TypeKind.Instant => SqliteBinder.Moment(c.Values[row]) + "Z",
                _ => c.Values[row],
            },
            _ => base.Value(column, row),
        };
    }

    static double Known(double value) => double.IsNaN(value)
        ? throw new DatabaseException("A row holds NaN, which SQLite would keep as null. Make it null before the load, or replace it.")
        : value;
}
