using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Millrace.Dags;
using static Millrace.Data.Columns;

namespace Millrace.Samples;

/// <summary>Every minute: read the stations, keep the last 60 readings of each, load their minimum, average and maximum.</summary>
public static class TemperatureFrame
{
    public sealed record Reading(string Station, DateTimeOffset At, double Celsius);

    public sealed record Stats(string Station, DateTimeOffset Until, long Readings, double Min, double Average, double Max);

    /// <summary>Stands in for a service on the web: asked for a minute, it always answers the same.</summary>
    public sealed class StationApi(DateTimeOffset minute) : Source<Reading>
    {
        static readonly (string Name, double Mean)[] stations = [("harbour", 9), ("hill", 5.5), ("tower", 7)];

        protected override async IAsyncEnumerable<Reading> ReadRowsAsync([EnumeratorCancellation] CancellationToken cancel)
        {
            foreach (var (name, mean) in stations)
            {
                await Task.Yield();
                yield return new(name, minute, Math.Round(mean + (4 * Math.Sin(minute.TimeOfDay.TotalHours / 24 * Math.Tau)), 1));
            }
        }
    }

    public static Dag Dag { get; } = Dag.Build("temperature_frame", d =>
    {
        d.Description = "Hourly temperature statistics of all stations, fresh every minute.";
        d.Schedule = "* * * * *";
        // The runs share one table of readings.
        d.MaxActiveRuns = 1;
        d.Defaults = new() { Retry = Retry.Fixed(2, TimeSpan.FromSeconds(5)), Timeout = TimeSpan.FromSeconds(30) };
        var database = d.Param("database", Path.Combine(Path.GetTempPath(), "millrace-samples", "temperature.db"), description: "A SQLite file, or the connection string of a PostgreSQL database.");

        var readings = d.Task("extract", c => ExtractAsync(c, c.Get(database)));
        var stats = d.Task("transform", readings, Transform);
        d.Task("load", stats, async (c, rows) => c.Logger.LogInformation("{Report}", await rows.LoadAsync(StatsTable(c.Get(database)), Load.Upsert, cancel: c.Cancellation)));
    });

    // A minute that is read again is the same rows of the table.
    static async Task<Frame<Reading>> ExtractAsync(TaskContext context, string database)
    {
        var table = ReadingsTable(database);
        await Frame.From(new StationApi(context.LogicalTime)).LoadAsync(table, Load.Upsert, cancel: context.Cancellation);

        var newest = Frame.From(table).With("place", RowNumber().Over(partition: ["station"], order: [Col("at").Descending()]));
        using var kept = await newest.Where(Col("place") <= 60).Drop("place").CollectAsync(context.Cancellation);
        await kept.ToFrame().LoadAsync(table, Load.Full, cancel: context.Cancellation);
        return Frame.From(table).As<Reading>();
    }

    public static Frame<Stats> Transform(Frame<Reading> readings) => readings
        .GroupBy(r => r.Station)
        .Select(g => new Stats(g.Key, g.Max(r => r.At), g.Count(), g.Min(r => r.Celsius), g.Average(r => r.Celsius), g.Max(r => r.Celsius)));

    public static TableTarget ReadingsTable(string database) => Database.Table(database, "readings", key: ["station", "at"]);

    public static TableTarget StatsTable(string database) => Database.Table(database, "temperature_stats", key: ["station"]);
}
