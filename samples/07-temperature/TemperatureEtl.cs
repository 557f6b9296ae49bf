using System.Globalization;
using Millrace.Dags;
using Millrace.Scheduling;

namespace Millrace.Samples;

/// <summary>Every minute: read a sensor, keep the last hour's readings, send their minimum, average and maximum to a dashboard.</summary>
public static class TemperatureEtl
{
    public static Dag Dag { get; } = Dag.Build("temperature_etl", d =>
    {
        d.Description = "Hourly temperature statistics, fresh every minute.";
        d.Schedule = "* * * * *";
        // The runs share one log of readings.
        d.MaxActiveRuns = 1;
        d.Defaults = new() { Retry = Retry.Fixed(2, TimeSpan.FromSeconds(5)), Timeout = TimeSpan.FromSeconds(30) };
        var folder = d.Param("folder", Path.Combine(Path.GetTempPath(), "millrace-samples", "temperature"), description: "Where the readings and the dashboard are kept.");

        var log = d.Script("extract", "extract.sh", c => [c.Get(folder), Minute(c)]);
        var stats = d.Script("transform", log, "get_stats", (c, readings) => [readings, Stats(c, folder)]);
        var load = d.Script("load", "load_stats_api", c => [Stats(c, folder), Path.Combine(c.Get(folder), "dashboard.csv"), Minute(c)]);

        _ = stats >> load;
    });

    static string Minute(TaskContext context) => context.LogicalTime.ToString("yyyy-MM-ddTHH:mmZ", CultureInfo.InvariantCulture);

    static string Stats(TaskContext context, Param<string> folder) => Path.Combine(context.Get(folder), "temp_stats.csv");
}
