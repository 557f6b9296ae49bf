using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using Millrace.Plans;
using Npgsql;
using Npgsql.Schema;

namespace Millrace.Data;

/// <summary>Reads columns of a table or query, over one connection or several that share one snapshot.</summary>
/// <param name="declared">The columns, where they are known better than the server says: it forgets the digits of numbers that it computed.</param>
sealed class PostgresScan(PostgresConnection connection, string from, string place, Schema? declared = null)
{
    readonly Lazy<(Schema Schema, string[] Wires)> shape = new(() => Declared(Shape(connection, from, place), declared));

    internal Schema Schema => shape.Value.Schema;

    /// <summary>The columns as plans that run in the server take them: enums and JSON as text, numbers with their digits.</summary>
    internal string Sql(IReadOnlyList<string>? columns)
    {
        var wanted = columns is null ? Schema : Schema.Select(columns);
        return $"select {string.Join(", ", wanted.Select(Cast))} from {from}";

        string Cast(Field field)
        {
            var name = TableName.Quote(field.Name);
            var same = shape.Value.Wires[Schema.IndexOf(field.Name)] is "int2" or "int4" or "int8" or "bool" or "text" or "float4" or "float8" or "date" or "timestamp" or "timestamptz" or "uuid" or "bytea" or "time" or "interval";
            return same ? name : $"{name}::{PostgresTypes.SqlOf(field.Type)} as {name}";
        }
    }

    internal IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, string? partitionBy, int parts, CancellationToken cancel) =>
        parts > 1 && partitionBy is not null ? ReadPartsAsync(request, partitionBy, parts, cancel) : ReadOneAsync(request, cancel);

    async IAsyncEnumerable<Batch> ReadOneAsync(ReadRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        var session = await connection.OpenAsync(cancel).ConfigureAwait(false);
        await using var closing = session.ConfigureAwait(false);
        await foreach (var batch in CopyAsync(session, request, "", null, cancel).ConfigureAwait(false)) yield return batch;
    }

    // The first session's transaction holds the snapshot open until the last has taken it over: all parts see the same rows.
    async IAsyncEnumerable<Batch> ReadPartsAsync(ReadRequest request, string partitionBy, int parts, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var first = await connection.OpenAsync(cancel).ConfigureAwait(false);
        await using var closing = first.ConfigureAwait(false);
        await RunAsync(first, "begin isolation level repeatable read read only", cancel).ConfigureAwait(false);
        var snapshot = (string)(await ScalarAsync(first, "select pg_export_snapshot()", cancel).ConfigureAwait(false))!;
        var ranges = await RangesAsync(first, partitionBy, parts, cancel).ConfigureAwait(false);
        var ready = Channel.CreateBounded<Batch>(new BoundedChannelOptions(parts * 2) { SingleReader = true });
        var reading = Task.WhenAll(ranges.Select(range => Task.Run(() => ReadPartAsync(snapshot, range, partitionBy, request, ready.Writer, stop.Token), stop.Token)));
        _ = reading.ContinueWith(done => ready.Writer.TryComplete(done.Exception?.InnerException), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            await foreach (var batch in ready.Reader.ReadAllAsync(cancel).ConfigureAwait(false)) yield return batch;
            await reading.ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (ready.Reader.TryRead(out var unread)) unread.Dispose();
        }
    }

    async Task ReadPartAsync(string snapshot, string range, string key, ReadRequest request, ChannelWriter<Batch> ready, CancellationToken cancel)
    {
        var session = await connection.OpenAsync(cancel).ConfigureAwait(false);
        await using var closing = session.ConfigureAwait(false);
        await RunAsync(session, $"begin isolation level repeatable read read only; set transaction snapshot '{snapshot}'", cancel).ConfigureAwait(false);
        await foreach (var batch in CopyAsync(session, request, range, key, cancel).ConfigureAwait(false)) await ready.WriteAsync(batch, cancel).ConfigureAwait(false);
    }

    // Ranges of equal width; the rows without a value go with the first.
    async Task<List<string>> RangesAsync(NpgsqlConnection session, string partitionBy, int parts, CancellationToken cancel)
    {
        var key = TableName.Quote(partitionBy);
        var command = new NpgsqlCommand($"select min({key})::int8, max({key})::int8 from {from}", session);
        await using var disposing = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        await using var closing = reader.ConfigureAwait(false);
        await reader.ReadAsync(cancel).ConfigureAwait(false);
        if (await reader.IsDBNullAsync(0, cancel).ConfigureAwait(false)) return [""];
        return KeyRange.Split(reader.GetInt64(0), reader.GetInt64(1), parts, key);
    }

    /// <param name="key">What rows of one part of several are called by; null where all are read in one.</param>
    async IAsyncEnumerable<Batch> CopyAsync(NpgsqlConnection session, ReadRequest request, string where, string? key, [EnumeratorCancellation] CancellationToken cancel)
    {
        var asked = request.Columns is null ? Schema : Schema.Select(request.Columns);
        var wanted = request.Provenance && key is not null && !asked.Contains(key) ? new Schema(asked.Append(Schema[key])) : asked;
        var fields = wanted.Select(f => CopyField.For(f, shape.Value.Wires[Schema.IndexOf(f.Name)])).ToArray();
        var schema = request.SchemaOf(Schema);
        var limit = request.Limit is { } most ? string.Create(CultureInfo.InvariantCulture, $" limit {most}") : "";
        var columns = fields.Length == 0 ? "" : string.Join(", ", wanted.Select(f => TableName.Quote(f.Name)));
        var stream = await session.BeginRawBinaryCopyAsync($"copy (select {columns} from {from}{where}{limit}) to stdout (format binary)", cancel).ConfigureAwait(false);
        try
        {
            using var reader = new CopyReader(stream, fields);
            for (var row = 0L; ;)
            {
                var before = reader.BytesRead;
                var count = await reader.ReadAsync(request.BatchRows, cancel).ConfigureAwait(false);
                if (count == 0) break;
                request.BytesRead?.Invoke(reader.BytesRead - before);
                var built = reader.Build();
                if (request.Provenance)
                    built = [.. built[..asked.Count], .. key is null ? RowPlaces.Columns(place, row, count) : RowPlaces.ByKey(place, key, built[wanted.IndexOf(key)])];
                yield return new Batch(schema, count, built);
                row += count;
            }
        }
        finally
        {
            // A reader that has seen enough leaves in the middle: the server is told to stop.
            try
            {
                await stream.CancelAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is NpgsqlException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
            {
            }
            await stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    static (Schema, string[]) Shape(PostgresConnection connection, string from, string place)
    {
        using var session = connection.Open();
        try
        {
            return Describe(session, from, place);
        }
        catch (PostgresException e)
        {
            throw new DatabaseException($"PostgreSQL at {connection.Identity} can't read {place}: {e.MessageText}", e);
        }
    }

    static (Schema, string[]) Declared((Schema Schema, string[] Wires) described, Schema? declared)
    {
        if (declared is null) return described;
        foreach (var (field, given) in declared.Zip(described.Schema))
        {
            if (!Serves(given.Type, field.Type)) throw new InvalidOperationException($"PostgreSQL computes '{field.Name}' as {given.Type}, and the plan says {field.Type}.");
        }
        return (declared, described.Wires);
    }

    static bool Serves(DataType given, DataType declared) => (given, declared) switch
    {
        (ListType a, ListType b) => Serves(a.Item.Type, b.Item.Type),
        ({ Kind: TypeKind.Text }, { Kind: TypeKind.Enum or TypeKind.Null }) => true,
        _ => given.Kind == declared.Kind,
    };

    internal static (Schema, string[]) Describe(NpgsqlConnection session, string from, string place)
    {
        // A type made after this process first connected is unknown until the types are read again.
        for (var again = false; ; again = true)
        {
            using var command = new NpgsqlCommand($"select * from {from} limit 0", session);
            using var reader = command.ExecuteReader();
            var columns = reader.GetColumnSchema();
            reader.Close();
            if (!again && columns.Any(c => c.PostgresType.DisplayName is "unknown" or "???" || c.PostgresType.GetType() == typeof(Npgsql.PostgresTypes.PostgresType)))
            {
                session.ReloadTypes();
                continue;
            }
            return (new Schema(columns.Select(c => PostgresTypes.FieldOf(c, place))), [.. columns.Select(WireOf)]);
        }
    }

    static string WireOf(NpgsqlDbColumn column) => column.PostgresType switch
    {
        Npgsql.PostgresTypes.PostgresDomainType domain => domain.BaseType.InternalName,
        Npgsql.PostgresTypes.PostgresArrayType array => array.Element.InternalName,
        var type => type.InternalName,
    };

    static async Task RunAsync(NpgsqlConnection session, string sql, CancellationToken cancel)
    {
        var command = new NpgsqlCommand(sql, session);
        await using var disposing = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    static async Task<object?> ScalarAsync(NpgsqlConnection session, string sql, CancellationToken cancel)
    {
        var command = new NpgsqlCommand(sql, session);
        await using var disposing = command.ConfigureAwait(false);
        return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false);
    }
}
