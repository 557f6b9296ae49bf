using System.Globalization;
using System.Runtime.CompilerServices;
using Millrace.Plans;
using SQLitePCL;

namespace Millrace.Data;

/// <summary>Reads columns of a table or query of a SQLite file. One statement reads one state of the file, whatever is written meanwhile.</summary>
sealed class SqliteScan(SqliteFile file, string from, string place)
{
    const int RowsLookedAt = 1000;
    readonly Lazy<Schema> schema = new(() => Describe(file, from, place));

    internal Schema Schema => schema.Value;

    internal async IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        var wanted = request.Columns is null ? Schema : Schema.Select(request.Columns);
        var result = request.SchemaOf(Schema);
        using var connection = new SqliteConnection(file.Path, create: false);
        var columns = wanted.Count == 0 ? "1" : string.Join(", ", wanted.Select(f => TableName.Quote(f.Name)));
        var limit = request.Limit is { } most ? string.Create(CultureInfo.InvariantCulture, $" limit {most}") : "";
        using var rows = connection.Prepare($"select {columns} from {from}{limit}");
        var cells = wanted.Select((f, i) => SqliteCell.For(f, rows.Handle, i, place)).ToArray();
        var before = 0L;
        for (var more = true; more;)
        {
            cancel.ThrowIfCancellationRequested();
            var count = 0;
            while (count < request.BatchRows && (more = rows.Step()))
            {
                foreach (var cell in cells) cell.Add();
                count++;
            }
            if (count == 0) break;
            var built = cells.Select(c => c.Build());
            if (request.Provenance) built = built.Concat(RowPlaces.Columns(place, before, count));
            yield return new Batch(result, count, built.ToArray());
            before += count;
        }
    }

    static Schema Describe(SqliteFile file, string from, string place)
    {
        using var connection = new SqliteConnection(file.Path, create: false);
        using var rows = Prepare();
        var types = Enumerable.Range(0, rows.ColumnCount).Select(i => SqliteTypes.TypeOf(rows.DeclaredType(i))).ToArray();
        var unknown = Enumerable.Range(0, types.Length).Where(i => types[i] is null).ToArray();
        var seen = new HashSet<int>[types.Length];
        foreach (var i in unknown) seen[i] = [];
        // An expression declares no type: its first values say.
        while (unknown.Length > 0 && rows.Step())
            foreach (var i in unknown) seen[i].Add(raw.sqlite3_column_type(rows.Handle, i));
        foreach (var i in unknown)
        {
            seen[i].Remove(raw.SQLITE_NULL);
            types[i] = seen[i] switch
            {
                var s when s.Count == 0 || s.SetEquals([raw.SQLITE_TEXT]) => DataType.Text,
                var s when s.SetEquals([raw.SQLITE_INTEGER]) => DataType.Int64,
                var s when s.SetEquals([raw.SQLITE_BLOB]) => DataType.Binary,
                var s when s.IsSubsetOf([raw.SQLITE_INTEGER, raw.SQLITE_FLOAT]) => DataType.Float64,
                _ => throw new DatabaseException($"Column '{rows.ColumnName(i)}' of {place} holds numbers, text and bytes mixed. Read it by a query that casts it: cast({TableName.Quote(rows.ColumnName(i))} as text)."),
            };
        }
        return new Schema(types.Select((t, i) => new Field(rows.ColumnName(i), t!)));

        SqliteStatement Prepare()
        {
            try
            {
                return connection.Prepare($"select * from {from} limit {RowsLookedAt}");
            }
            catch (DatabaseException e) when (e.Message.Contains("no such table", StringComparison.Ordinal))
            {
                throw new DatabaseException($"The SQLite file '{file.Path}' hasn't what {place} reads: {e.Message} Load the table first, or correct its name.", e);
            }
        }
    }
}
