using System.Data.Common;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Reads columns of a table or query through a provider's data reader, by its typed getters.</summary>
sealed class AdoScan(AdoDatabase database, Func<string> rows, string place)
{
    readonly Lazy<Schema> schema = new(() => Describe(database, rows(), place));

    internal Schema Schema => schema.Value;

    internal IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, string? partitionBy, int parts, CancellationToken cancel) =>
        partitionBy is not null && parts > 1 ? ReadPartsAsync(request, partitionBy, parts, cancel) : ReadRangeAsync(request, "", null, cancel);

    async IAsyncEnumerable<Batch> ReadPartsAsync(ReadRequest request, string partitionBy, int parts, [EnumeratorCancellation] CancellationToken cancel)
    {
        var key = database.Dialect.Quote(Schema[partitionBy].Name);
        var ranges = Ranges(key, parts);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var ready = Channel.CreateBounded<Batch>(parts * 2);
        var reading = Task.WhenAll(ranges.Select(range => Task.Run(async () =>
        {
            await foreach (var batch in ReadRangeAsync(request, range, partitionBy, stop.Token).ConfigureAwait(false)) await ready.Writer.WriteAsync(batch, stop.Token).ConfigureAwait(false);
        }, stop.Token)));
        _ = reading.ContinueWith(done => ready.Writer.TryComplete(done.Exception?.InnerException), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            await foreach (var batch in ready.Reader.ReadAllAsync(cancel).ConfigureAwait(false)) yield return batch;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (ready.Reader.TryRead(out var unread)) unread.Dispose();
        }
    }

    List<string> Ranges(string key, int parts)
    {
        using var connection = database.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"select min({key}), max({key}) from {rows()}";
        using var reader = command.ExecuteReader();
        return reader.Read() && !reader.IsDBNull(0)
            ? KeyRange.Split(Convert.ToInt64(reader.GetValue(0), CultureInfo.InvariantCulture), Convert.ToInt64(reader.GetValue(1), CultureInfo.InvariantCulture), parts, key)
            : [""];
    }

    /// <param name="key">What rows of one part of several are called by; null where all are read in one.</param>
    async IAsyncEnumerable<Batch> ReadRangeAsync(ReadRequest request, string where, string? key, [EnumeratorCancellation] CancellationToken cancel)
    {
        var asked = request.Columns is null ? Schema : Schema.Select(request.Columns);
        var wanted = request.Provenance && key is not null && !asked.Contains(key) ? new Schema(asked.Append(Schema[key])) : asked;
        var result = request.SchemaOf(Schema);
        var connection = database.Open();
        await using var closing = connection.ConfigureAwait(false);
        var command = connection.CreateCommand();
        await using var disposing = command.ConfigureAwait(false);
        command.CommandText = $"select {(wanted.Count == 0 ? "1" : string.Join(", ", wanted.Select(f => database.Dialect.Quote(f.Name))))} from {rows()}{where}";
        var reader = await command.ExecuteReaderAsync(System.Data.CommandBehavior.SequentialAccess, cancel).ConfigureAwait(false);
        await using var ending = reader.ConfigureAwait(false);
        var row = 0L;
        while (true)
        {
            var builders = wanted.Select(f => ColumnBuilder.For(f.Type)).ToArray();
            var count = 0;
            while (count < request.BatchRows && await reader.ReadAsync(cancel).ConfigureAwait(false))
            {
                for (var i = 0; i < builders.Length; i++) Take(reader, i, wanted[i], builders[i]);
                count++;
            }
            if (count == 0) yield break;
            Column[] columns = [.. builders.Select(b => b.Build())];
            if (request.Provenance)
                columns = [.. columns[..asked.Count], .. key is null ? RowPlaces.Columns(place, row, count) : RowPlaces.ByKey(place, key, columns[wanted.IndexOf(key)])];
            yield return new Batch(result, count, columns);
            row += count;
        }
    }

    void Take(DbDataReader reader, int at, Field field, ColumnBuilder to)
    {
        if (reader.IsDBNull(at))
        {
            to.AddNull();
            return;
        }
        switch (to)
        {
            case ColumnBuilder<long> whole when field.Type.Kind == TypeKind.Int64: whole.Add(reader.GetInt64(at)); break;
            case ColumnBuilder<int> whole when field.Type.Kind == TypeKind.Int32: whole.Add(reader.GetInt32(at)); break;
            case ColumnBuilder<double> number: number.Add(reader.GetDouble(at)); break;
            case BytesBuilder text when field.Type.Kind == TypeKind.Text: text.Add(reader.GetString(at).AsSpan()); break;
            case BytesBuilder binary when field.Type.Kind == TypeKind.Binary: binary.Add(reader.GetFieldValue<byte[]>(at)); break;
            default:
                var value = Unified(reader.GetValue(at), field.Type);
                to.AddValue(ValueFit.Try(value, field.Type) ?? throw new DatabaseException($"Column '{field.Name}' of {place} holds {ClrValue.Display(value)}, which isn't a value of {field.Type}. Read it by a query that casts it."));
                break;
        }
    }

    // Providers differ in what they give for a date, a time or a point in time; some databases have no type for a truth or a duration.
    static object Unified(object value, DataType type) => (type.Kind, value) switch
    {
        (TypeKind.Boolean, sbyte or byte or short or int or long or ulong) => Convert.ToInt64(value, CultureInfo.InvariantCulture) != 0,
        (TypeKind.Duration, long microseconds) => new TimeSpan(microseconds * TimeSpan.TicksPerMicrosecond),
        (TypeKind.Instant, DateTime t) => DateTime.SpecifyKind(t, DateTimeKind.Utc),
        (TypeKind.Date, DateTime t) => DateOnly.FromDateTime(t),
        (TypeKind.Time, TimeSpan span) => TimeOnly.FromTimeSpan(span),
        _ => value,
    };

    static Schema Describe(AdoDatabase database, string from, string place)
    {
        using var connection = database.Open();
        return Describe(database, connection, null, from, place);
    }

    internal static Schema Describe(AdoDatabase database, DbConnection connection, DbTransaction? transaction, string from, string place)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = $"select * from {from} where 1 = 0";
        using var reader = command.ExecuteReader();
        var columns = reader.CanGetColumnSchema() ? reader.GetColumnSchema() : null;
        return new Schema(Enumerable.Range(0, reader.FieldCount).Select(i => new Field(reader.GetName(i), database.Speech.Reads(reader.GetDataTypeName(i)) ?? TypeOf(reader, i, columns?[i], place), columns?[i].AllowDBNull ?? true)));
    }

    static DataType TypeOf(DbDataReader reader, int at, DbColumn? column, string place)
    {
        var type = reader.GetFieldType(at);
        if (type == typeof(decimal))
        {
            return column is { NumericPrecision: { } digits and >= 1 and <= DecimalType.MaxPrecision, NumericScale: { } scale and >= 0 } && scale <= digits
                ? DataType.Decimal(digits, scale)
                : DataType.Decimal(38, 10);
        }
        return type == typeof(DateTime) && reader.GetDataTypeName(at).Equals("date", StringComparison.OrdinalIgnoreCase) ? DataType.Date
            : type == typeof(TimeSpan) && reader.GetDataTypeName(at).StartsWith("time", StringComparison.OrdinalIgnoreCase) ? DataType.Time
            : type == typeof(DateTime) && IsWithZone(reader.GetDataTypeName(at)) ? DataType.Instant
            : type is { IsArray: true } && type != typeof(byte[]) ? throw Unknown()
            : RecordSchema.TypeOf(type) is { IsNested: false } known ? known
            : throw Unknown();

        static bool IsWithZone(string name) => name.Contains("with time zone", StringComparison.OrdinalIgnoreCase) || name.Contains("timestamptz", StringComparison.OrdinalIgnoreCase);

        DatabaseException Unknown() => new($"Column '{reader.GetName(at)}' of {place} is of the type {reader.GetDataTypeName(at)} ({type.Name}), which no column here holds. Read it by a query that casts it to text.");
    }
}
