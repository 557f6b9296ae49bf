using Microsoft.Extensions.Logging;
using Millrace.Dags;

namespace Millrace.Samples;

/// <summary>Stream processing by hand: a producer, a consumer that filters and produces again, and a consumer of what is left.</summary>
public static class WeatherTopics
{
    public sealed record Weather(string Station, DateTimeOffset At, double Celsius, double WindKmh);

    public static Dag Dag { get; } = Dag.Build("weather_topics", d =>
    {
        d.Description = "raw_weather_topic, filtered into processed_weather_topic.";
        d.Defaults = new() { Retry = Retry.Fixed(2, TimeSpan.FromSeconds(5)) };
        var extreme = d.Param("extreme", 60.0, description: "Wind of that many km/h or more is worth telling.");

        var raw = d.Produce("weather_producer", Measure, "raw_weather_topic", key: w => w.Station);
        var read = d.Consume<Weather>("raw_consumer", "raw_weather_topic");
        var kept = d.Task("filter", read, (c, records) => records.Select(r => r.Value).Where(w => w.WindKmh >= c.Get(extreme)).ToArray());
        var processed = d.Produce("processed_producer", kept, "processed_weather_topic", key: w => w.Station);
        var shown = d.Consume<Weather>("processed_consumer", "processed_weather_topic");
        d.Task("dashboard", shown, (c, records) =>
        {
            foreach (var record in records) c.Logger.LogInformation("{Station}: {Wind} km/h at {Time}", record.Value.Station, record.Value.WindKmh, record.Value.At);
        });

        _ = raw >> read;
        _ = processed >> shown;
    });

    // Stands in for a service on the web: asked for an hour, it always answers the same.
    static Weather[] Measure(TaskContext context) =>
    [
        new("Bergen", context.LogicalTime, 8.5, 72),
        new("Oslo", context.LogicalTime, 4, 12),
        new("Tromsø", context.LogicalTime, -3, 95),
    ];
}
