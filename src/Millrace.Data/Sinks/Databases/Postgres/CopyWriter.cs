using Npgsql;

namespace Millrace.Data;

/// <summary>Binary COPY into PostgreSQL, encoded straight from columns.</summary>
sealed class CopyWriter : IAsyncDisposable
{
    const int FlushAt = 192 * 1024;

    readonly CopyBuffer buffer = new();
    readonly NpgsqlRawCopyStream stream;
    readonly CopyCell[] cells;
    bool ended;

    CopyWriter(NpgsqlRawCopyStream stream, Schema schema)
    {
        this.stream = stream;
        cells = [.. schema.Select(f => CopyCell.For(f.Type, f.Name))];
        ReadOnlySpan<byte> head = [(byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xff, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];
        head.CopyTo(buffer.Take(head.Length));
    }

    internal long Bytes { get; private set; }

    internal static async Task<CopyWriter> OpenAsync(NpgsqlConnection session, string table, Schema schema, CancellationToken cancel)
    {
        var columns = string.Join(", ", schema.Names.Select(TableName.Quote));
        return new(await session.BeginRawBinaryCopyAsync($"copy {table} ({columns}) from stdin (format binary)", cancel).ConfigureAwait(false), schema);
    }

    internal async ValueTask WriteAsync(Batch batch, CancellationToken cancel)
    {
        for (var i = 0; i < cells.Length; i++) cells[i].Bind(batch[i]);
        for (var row = 0; row < batch.Count;)
        {
            row = Fill(row, batch.Count);
            await FlushAsync(cancel).ConfigureAwait(false);
        }
    }

    int Fill(int row, int count)
    {
        for (; row < count && buffer.Used < FlushAt; row++)
        {
            buffer.Int16(cells.Length);
            foreach (var cell in cells) cell.Write(row, buffer);
        }
        return row;
    }

    async ValueTask FlushAsync(CancellationToken cancel)
    {
        await stream.WriteAsync(buffer.Written, cancel).ConfigureAwait(false);
        Bytes += buffer.Used;
        buffer.Used = 0;
    }

    internal async Task EndAsync(CancellationToken cancel)
    {
        buffer.Int16(-1);
        await FlushAsync(cancel).ConfigureAwait(false);
        ended = true;
        await stream.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        buffer.Dispose();
        if (ended) return;
        // Disposed without an end, the stream would tell the server that all is there.
        try
        {
            await stream.CancelAsync().ConfigureAwait(false);
            await stream.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The connection is broken, of which Npgsql makes exceptions of any kind (a null reference among them), and with it
            // the load: its cause is on its way up already and must not be replaced.
        }
    }
}
