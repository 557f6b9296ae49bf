using System.Text;

namespace Millrace.Plans;

static class RowPlaces
{
    /// <summary>The batches with the source's name and its rows' numbers, where the source was asked for provenance and knows none.</summary>
    internal static async IAsyncEnumerable<Batch> Add(IAsyncEnumerable<Batch> batches, Schema asked, string place)
    {
        var before = 0L;
        await foreach (var batch in batches.ConfigureAwait(false))
        {
            var rows = batch.Count;
            yield return batch.Columns.Length == asked.Count ? batch : new Batch(asked, rows, [.. batch.Columns, .. Columns(place, before, rows)], batch.Memory);
            before += rows;
        }
    }

    /// <summary>The provenance of rows of a table that comes in no order: its name, and in the place of a line the row's value of a column of whole numbers, 0 for null.</summary>
    internal static Column[] ByKey(string place, string key, Column values)
    {
        var places = Columns($"{place} by {key}", 0, values.Count);
        var lines = new long[values.Count];
        for (var row = 0; row < lines.Length; row++)
            lines[row] = values.IsNull(row) ? 0 : Convert.ToInt64(values.ValueAt(row), System.Globalization.CultureInfo.InvariantCulture);
        return [places[0], new Column<long>(DataType.Int64, lines)];
    }

    /// <summary>The provenance of rows of a table: its name and their numbers, counted from 1.</summary>
    internal static Column[] Columns(string place, long before, int count)
    {
        var name = Encoding.UTF8.GetBytes(place);
        var (views, lines) = (new BytesView[count], new long[count]);
        Array.Fill(views, new BytesView(0, name.Length));
        for (var i = 0; i < count; i++) lines[i] = before + i + 1;
        return [new BytesColumn(DataType.Text, name, views), new Column<long>(DataType.Int64, lines)];
    }
}
