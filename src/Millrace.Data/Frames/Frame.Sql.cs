using Millrace.Data.Engines.DuckDb;
using Millrace.Plans;

namespace Millrace.Data;

public partial class Frame
{
    /// <summary>
    /// What a SELECT in DuckDB's dialect gives over frames that it calls by name. The result is a frame like any other:
    /// nothing runs yet, and further verbs may follow.
    /// <code>Frame.Sql("select city, sum(amount) total from orders group by all", ("orders", orders))</code>
    /// </summary>
    /// <exception cref="PlanException">The statement is wrong; the message says where.</exception>
    public static Frame Sql(string select, params Sequence<(string Name, Frame Rows)> tables)
    {
        var sql = select.Trim().TrimEnd(';');
        using var database = DuckDbDatabase.InMemory();
        using var connection = database.Connect();
        var dialect = new DuckDbDialect();
        foreach (var (name, rows) in tables)
        {
            var columns = rows.Schema.Select(f => $"{SqlScope.Quote(f.Name)} {dialect.TypeName(f.Type)}");
            connection.Execute($"CREATE TABLE {SqlScope.Quote(name)} ({string.Join(", ", columns)})");
        }
        try
        {
            using var statement = connection.Prepare($"FROM ({sql}\n)");
            var fields = Enumerable.Range(0, statement.ColumnCount).Select(i =>
            {
                using var type = statement.ColumnType(i);
                return new Field(statement.ColumnName(i), DuckDbTypes.ToDataType(type, statement.ColumnName(i)));
            });
            return new(new Query(sql, tables.Select(t => new QueryTable(t.Name, t.Rows.Plan)).ToSequence(), new Schema(fields)));
        }
        catch (DuckDbException wrong)
        {
            throw new PlanException(Reason(connection, sql, wrong), wrong);
        }
    }

    // Asked about the statement alone, DuckDB counts lines and places from its own beginning.
    static string Reason(DuckDbConnection connection, string sql, DuckDbException wrong)
    {
        if (sql.Length == 0) return "There is no statement. Write a SELECT.";
        try
        {
            connection.Prepare(sql).Dispose();
        }
        catch (DuckDbException alone)
        {
            return alone.Message;
        }
        return wrong.Type == DuckDbErrorType.Parser ? $"Only a statement that gives rows can be a frame, a SELECT for instance, and this is none: {sql}" : wrong.Message;
    }
}
