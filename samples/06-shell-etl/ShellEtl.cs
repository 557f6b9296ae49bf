using System.Globalization;
using Millrace.Dags;

namespace Millrace.Samples;

/// <summary>Extract, transform and load with cut, awk and a table: one script each, every script fed by the one before it.</summary>
public static class ShellEtl
{
    public static Dag Dag { get; } = Dag.Build("shell_etl", d =>
    {
        d.Description = "ETL in three shell scripts.";
        d.Schedule = "@hourly";
        d.Defaults = new() { Retry = Retry.Fixed(1, TimeSpan.FromMinutes(1)), Timeout = TimeSpan.FromMinutes(5) };
        var table = d.Param("table", Path.Combine(Path.GetTempPath(), "millrace-samples", "totals.csv"), description: "The CSV file to load into.");

        // Each writes into a file of its own run: two runs can't mix their data.
        var extracted = d.Script("extract", "extract.sh", c => ["source_data.csv", c.NewFile("extracted_data.csv")]);
        var transformed = d.Script("transform", extracted, "transform.sh", (c, file) => [file, c.NewFile("transformed_data.csv")]);
        d.Script("load", transformed, "load.sh", (c, file) => [file, c.Get(table), c.LogicalTime.ToString("yyyy-MM-ddTHH:mmZ", CultureInfo.InvariantCulture)]);
    });
}
