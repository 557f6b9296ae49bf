using Millrace.Plans;

namespace Millrace.Data.Tests.Files;

/// <summary>Rows of sources, and rows into sinks, without an engine between.</summary>
static class Rows
{
    internal static CancellationToken Cancel => TestContext.Current.CancellationToken;

    internal static ISource Source(this Frame frame) => ((Scan)frame.Plan).Source;

    internal static async Task<List<object?[]>> RowsAsync(this Frame frame, ReadRequest? request = null)
    {
        var rows = new List<object?[]>();
        await foreach (var batch in frame.Source().ReadAsync(request ?? new ReadRequest(), Cancel))
        {
            using (batch)
                for (var i = 0; i < batch.Count; i++) rows.Add(batch.Row(i));
        }
        return rows;
    }

    internal static async Task<(List<object?[]> Rows, RejectLog Rejects)> RejectingAsync(this Frame frame, bool provenance = false)
    {
        var rejects = new RejectLog();
        return (await frame.RowsAsync(new ReadRequest { Rejects = rejects, Provenance = provenance }), rejects);
    }

    internal static Task<SinkReport> WriteAsync(this ISink sink, Schema schema, params IEnumerable<object?[]> rows) => sink.WriteAsync(schema, new RunContext(), rows);

    internal static async Task<SinkReport> WriteAsync(this ISink sink, Schema schema, RunContext context, IEnumerable<object?[]> rows)
    {
        await using var writer = await sink.OpenAsync(schema, context, Cancel);
        foreach (var some in rows.Chunk(100))
        {
            var batch = new BatchBuilder(schema);
            foreach (var row in some) batch.Add(row);
            await writer.WriteAsync(batch.Build(), Cancel);
        }
        return await writer.CommitAsync(Cancel);
    }

    internal static async Task<BadDataException> FailsAsync(this Frame frame) => await Assert.ThrowsAsync<BadDataException>(() => frame.RowsAsync());

    /// <summary>A column of each type, and rows with values, nulls and extremes.</summary>
    internal static Schema AllTypes { get; } = new(
        new Field("flag", DataType.Boolean), new Field("i16", DataType.Int16), new Field("i32", DataType.Int32), new Field("i64", DataType.Int64),
        new Field("f32", DataType.Float32), new Field("f64", DataType.Float64), new Field("money", DataType.Decimal(20, 4)), new Field("text", DataType.Text),
        new Field("date", DataType.Date), new Field("time", DataType.Time), new Field("stamp", DataType.Timestamp), new Field("instant", DataType.Instant),
        new Field("span", DataType.Duration), new Field("id", DataType.Uuid), new Field("colour", DataType.Enum("red", "green")), new Field("bytes", DataType.Binary),
        new Field("list", DataType.List(DataType.Int32)), new Field("inner", DataType.Struct(new Field("a", DataType.Int32), new Field("b", DataType.Text))),
        new Field("map", DataType.Map(DataType.Text, DataType.Int64)));

    internal static object?[] Row(int i) => i % 10 == 9 ? new object?[AllTypes.Count] :
    [
        i % 2 == 0, (short)-i, i * 1000, long.MaxValue - i, i / 4f, i * 1e100, 12345.6789m + i, $"text {i} ü\"\\\n,", new DateOnly(1969, 12, 1).AddDays(i % 800 * 40),
        new TimeOnly(12, 30, 1).Add(TimeSpan.FromMicroseconds(i % 1000 * 1001)), new DateTime(1950, 1, 2, 3, 4, 5).AddDays(i % 800 * 1000).AddMicroseconds(i),
        new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddMicroseconds(i * 17), TimeSpan.FromMicroseconds(i * 1_234_567_890L), new Guid(i, 7, 0, new byte[8]),
        i % 2 == 0 ? "red" : "green", new byte[] { 0, 255, (byte)i }, new List<object?> { i, null, -i }, new Dictionary<string, object?> { ["a"] = i, ["b"] = i % 3 == 0 ? null : "ä" },
        new Dictionary<string, long> { ["x"] = i, ["y y"] = -1 },
    ];
}
