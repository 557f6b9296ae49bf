using Microsoft.Extensions.Logging;
using Millrace.Dags;
using Millrace.Scheduling;

namespace Millrace.Samples;

/// <summary>A Dag that records start: whatever comes to processed_weather_topic has a run of its own.</summary>
public static class WeatherAlerts
{
    public sealed record Storm(string Station, double WindKmh);

    public static Dag Dag { get; } = Dag.Build("weather_alerts", d =>
    {
        d.Description = "One run for each storm in processed_weather_topic.";
        d.Schedule = Schedule.OnRecords("processed_weather_topic");

        var storms = d.TriggeringRecords<Storm>("storm");
        d.Task("alert", storms, (c, records) =>
        {
            foreach (var record in records) c.Logger.LogWarning("Storm in {Station}: {Wind} km/h", record.Value.Station, record.Value.WindKmh);
        });
    });
}
