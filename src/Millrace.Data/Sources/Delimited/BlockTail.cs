namespace Millrace.Data;

/// <summary>
/// What is done to parsed blocks in their order: lines are counted on from block to block, bad rows fail the read or go
/// to the rejects, and the columns that say where a row came from are added.
/// </summary>
sealed class BlockTail(ReadRequest request, Schema asked, PartitionColumns partitions, string step, IReadOnlyList<ColumnEvidence> evidence)
{
    readonly Schema given = request.Provenance ? new Schema(asked.Concat(Provenance.Fields)) : asked;
    InputFile? file;
    long linesBefore;

    /// <summary>Null where no row is left; the block is taken over.</summary>
    internal Batch? Finish(ParsedBlock parsed)
    {
        if (parsed.First) (file, linesBefore) = (parsed.File, parsed.LinesAbove);
        try
        {
            foreach (var row in parsed.Refused) Refuse(parsed.File, row);
            foreach (var value in parsed.Discarded) request.Rejects?.AddDiscarded(RejectOf(parsed.File, value));
        }
        catch
        {
            parsed.Dispose();
            throw;
        }
        var first = linesBefore + 1;
        linesBefore += parsed.Lines;
        if (parsed.Batch.Count > 0) return given.Count == parsed.Batch.Columns.Length ? parsed.Batch : Widened(parsed, first);
        parsed.Dispose();
        return null;
    }

    internal BadDataException TooLong(InputFile where, int limit)
    {
        var line = where == file ? linesBefore + 1 : 1;
        return new BadDataException($"{where.Name}, line {line:N0}: the record is longer than {limit:N0} bytes. Most often a quote is missing; where it is right, raise MaxRecordBytes.", where.Name, line);
    }

    void Refuse(InputFile from, BadRow row)
    {
        if (request.Bad != Bad.Fail && request.Rejects is { } rejects)
        {
            rejects.Add(RejectOf(from, row));
            return;
        }
        var line = linesBefore + row.Line + 1;
        var what = row.Column is null ? "" : $", column '{row.Column}', value '{row.Value}'";
        throw new BadDataException($"{from.Name}, line {line:N0}{what}: {Told(row)}{(request.Bad == Bad.Fail ? "" : RejectLog.Missing)}", from.Name, line, row.Column, row.Value);
    }

    Reject RejectOf(InputFile from, BadRow row) =>
        new(row.Rule, step, row.Column, row.Value, from.Name, linesBefore + row.Line + 1, Told(row));

    // The sample said otherwise: with what it said, the reader can tell a wrong type from a wrong value.
    string Told(BadRow row) => evidence.FirstOrDefault(e => e.Name == row.Column) is { } found ? $"{row.Message} {found.Told("Csv.InspectAsync")}" : row.Message;

    Batch Widened(ParsedBlock parsed, long firstLine)
    {
        var batch = parsed.Batch;
        var columns = new List<Column>(given.Count);
        var next = 0;
        foreach (var field in asked)
        {
            columns.Add(partitions.Fields.TryIndexOf(field.Name, out var said) ? partitions.Column(parsed.File, said, batch.Count, batch.Memory) : batch[next++]);
        }
        if (request.Provenance)
        {
            columns.Add(PartitionColumn.Of(DataType.Text, parsed.File.Name, batch.Count, batch.Memory));
            columns.Add(Lines(parsed.LineOfRow!, firstLine, batch));
        }
        return new Batch(given, batch.Count, columns, batch.Memory);
    }

    static Column<long> Lines(long[] lines, long first, Batch batch)
    {
        for (var row = 0; row < batch.Count; row++) lines[row] += first;
        return new Column<long>(DataType.Int64, lines.AsMemory(0, batch.Count));
    }
}
