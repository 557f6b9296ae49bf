using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Millrace.Data;
using Npgsql;

namespace Millrace.Cli.Bench.Data;

/// <summary>Loads of a PostgreSQL table: into an empty one, over as many rows that all change, and over the same rows again.</summary>
static class LoadBench
{
    const int MostInserts = 100_000;

    internal static async Task<Dictionary<string, object>> LoadAsync(BenchOptions options, CancellationToken cancellation)
    {
        var server = options.Postgres.Length > 0 ? options.Postgres : Environment.GetEnvironmentVariable("MILLRACE_CONNECTION_POSTGRES")
            ?? throw new UserErrorException("This benchmark loads PostgreSQL. Name a server with --store or in MILLRACE_CONNECTION_POSTGRES.");
        var rows = options.Rows ?? 1_000_000;
        var database = "millrace_bench_" + Guid.NewGuid().ToString("N")[..12];
        await OnServerAsync(server, $"create database {database}", cancellation);
        var place = new NpgsqlConnectionStringBuilder(server) { Database = database }.ConnectionString;
        try
        {
            await using var memory = new PeakMemory();
            var table = Postgres.Connect(place).Table("readings", key: ["id"]);
            var (old, changed) = (Frame.From(new Readings(rows, 0)), Frame.From(new Readings(rows, 1)));
            var (copies, upserts, reruns) = (new List<double>(), new List<double>(), new List<double>());
            for (var i = 0; i < options.Repeat; i++)
            {
                await OnServerAsync(place, "drop table if exists readings", cancellation);
                copies.Add(await TimedAsync(old, table, cancellation));
                upserts.Add(await TimedAsync(changed, table, cancellation));
                reruns.Add(await TimedAsync(changed, table, cancellation));
            }
            var inserts = await InsertAsync(place, Math.Min(rows, MostInserts), cancellation) * rows / Math.Min(rows, MostInserts);
            return new()
            {
                ["rows"] = rows,
                ["wall_ms"] = Math.Round(BenchOptions.Median(copies)),
                ["peak_rss_mb"] = Math.Round(memory.Megabytes, 1),
                ["inserts_ms"] = Math.Round(inserts),
                ["copy_ms"] = Math.Round(BenchOptions.Median(copies)),
                ["times_inserts"] = Math.Round(inserts / BenchOptions.Median(copies), 1),
                ["upsert_ms"] = Math.Round(BenchOptions.Median(upserts)),
                ["upsert_unchanged_ms"] = Math.Round(BenchOptions.Median(reruns)),
            };
        }
        finally
        {
            NpgsqlConnection.ClearAllPools();
            await OnServerAsync(server, $"drop database {database} with (force)", CancellationToken.None);
        }
    }

    static async Task<double> TimedAsync(Frame rows, PostgresTable table, CancellationToken cancellation)
    {
        var since = Stopwatch.GetTimestamp();
        await rows.LoadAsync(table, Load.Upsert, cancel: cancellation);
        return Stopwatch.GetElapsedTime(since).TotalMilliseconds;
    }

    // A prepared insert a row, all in one transaction: the best that inserts can do. Time is taken of some and scaled.
    static async Task<double> InsertAsync(string place, int rows, CancellationToken cancellation)
    {
        await using var session = new NpgsqlConnection(place);
        await session.OpenAsync(cancellation);
        await using (var create = new NpgsqlCommand("create table inserted (id bigint primary key, station text, at timestamptz, celsius double precision, humidity numeric(9,2))", session))
            await create.ExecuteNonQueryAsync(cancellation);
        var since = Stopwatch.GetTimestamp();
        await using var transaction = await session.BeginTransactionAsync(cancellation);
        await using var insert = new NpgsqlCommand("insert into inserted values ($1, $2, $3, $4, $5)", session);
        foreach (var value in new object[] { 0L, "", DateTimeOffset.UnixEpoch.UtcDateTime, 0.0, 0m }) insert.Parameters.Add(new NpgsqlParameter { Value = value });
        await insert.PrepareAsync(cancellation);
        for (var i = 0L; i < rows; i++)
        {
            insert.Parameters[0].Value = i;
            insert.Parameters[1].Value = Readings.Station(i);
            insert.Parameters[2].Value = DateTime.UnixEpoch.AddSeconds(i);
            insert.Parameters[3].Value = i * 0.25;
            insert.Parameters[4].Value = (i % 10_000) / 100m;
            await insert.ExecuteNonQueryAsync(cancellation);
        }
        await transaction.CommitAsync(cancellation);
        return Stopwatch.GetElapsedTime(since).TotalMilliseconds;
    }

    static async Task OnServerAsync(string place, string sql, CancellationToken cancellation)
    {
        await using var session = new NpgsqlConnection(place);
        await session.OpenAsync(cancellation);
        await using var command = new NpgsqlCommand(sql, session);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Rows made as they are read, so that the load is measured and not a file.</summary>
    sealed class Readings(int rows, int version) : ISource
    {
        public string Kind => "readings";
        public JsonObject? Describe() => null;

        public Schema Schema { get; } = new(
            new Field("id", DataType.Int64, Nullable: false), new Field("station", DataType.Text), new Field("at", DataType.Instant),
            new Field("celsius", DataType.Float64), new Field("humidity", DataType.Decimal(9, 2)));

        internal static string Station(long id) => $"station {id % 1000}";

        public async IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, [EnumeratorCancellation] CancellationToken cancel)
        {
            await Task.CompletedTask;
            for (var start = 0; start < rows; start += request.BatchRows)
            {
                cancel.ThrowIfCancellationRequested();
                var builder = new BatchBuilder(Schema);
                var (id, station, at) = ((ColumnBuilder<long>)builder[0], (BytesBuilder)builder[1], (ColumnBuilder<long>)builder[2]);
                var (celsius, humidity) = ((ColumnBuilder<double>)builder[3], (ColumnBuilder<Int128>)builder[4]);
                for (var i = start; i < Math.Min(rows, start + request.BatchRows); i++)
                {
                    id.Add(i);
                    station.Add(Station(i).AsSpan());
                    at.Add(i * 1_000_000L);
                    celsius.Add(i * 0.25 + version);
                    humidity.Add(i % 10_000);
                }
                yield return builder.Build();
            }
        }
    }
}
