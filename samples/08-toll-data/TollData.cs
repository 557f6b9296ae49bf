using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Millrace.Dags;

namespace Millrace.Samples;

/// <summary>Toll roads keep their data in three formats, packed into one archive: columns of each are paired line by line into one file.</summary>
public static class TollData
{
    public sealed record VehicleLine(int RowId, string Timestamp, int VehicleNumber, string VehicleType, int Axles, string VehicleCode);

    public sealed record PlazaLine(int RowId, string Timestamp, int VehicleNumber, string VehicleType, int Axles, int PlazaId, string PlazaCode);

    public sealed record Vehicle(int RowId, string Timestamp, int VehicleNumber, string VehicleType);

    public sealed record Plaza(int Axles, int PlazaId, string PlazaCode);

    public sealed record Payment(string PaymentCode, string VehicleCode);

    public sealed record Toll(int RowId, string Timestamp, int VehicleNumber, string VehicleType, int Axles, int PlazaId, string PlazaCode, string PaymentCode, string VehicleCode);

    public static Dag Dag { get; } = Dag.Build("ETL_toll_data", d =>
    {
        d.Description = "The toll data of all plazas in one file.";
        d.Schedule = "@daily";
        d.Defaults = new() { Retry = Retry.Fixed(1, TimeSpan.FromMinutes(5)), Timeout = TimeSpan.FromMinutes(10) };
        var archive = d.Param("archive", Path.Combine(Here(), "tolldata.tgz"), description: "The archive with the three files.");
        var output = d.Param("output", Path.Combine(Path.GetTempPath(), "millrace-samples", "transformed_data.csv"), description: "The file to write.");

        // The archive's members are read where they are. Each task returns a plan, which the next one adds to: no row moves before the last.
        var vehicles = d.Task("extract_data_from_csv", c => FromCsv(c.Get(archive)));
        var plazas = d.Task("extract_data_from_tsv", c => FromTsv(c.Get(archive)));
        var payments = d.Task("extract_data_from_fixed_width", c => FromFixedWidth(c.Get(archive)));
        var tolls = d.Task("consolidate_data", vehicles, plazas, payments, Consolidate);
        d.Task("transform_data", tolls, async (c, rows) =>
        {
            var report = await Transform(rows).WriteAsync(Csv.File(c.Get(output), new() { Header = false }), c.Cancellation);
            c.Logger.LogInformation("{Report}", report);
            return report.Rows;
        });
    });

    /// <summary><c>cut -d, -f1-4 vehicle-data.csv</c></summary>
    public static Frame<Vehicle> FromCsv(string archive) => Csv.Read<VehicleLine>($"{archive}!vehicle-data.csv", new() { Header = Header.No })
        .Select(line => new Vehicle(line.RowId, line.Timestamp, line.VehicleNumber, line.VehicleType));

    /// <summary><c>cut -f5-7 tollplaza-data.tsv</c></summary>
    public static Frame<Plaza> FromTsv(string archive) => Tsv.Read<PlazaLine>($"{archive}!tollplaza-data.tsv", CsvOptions.Tab with { Header = Header.No })
        .Select(line => new Plaza(line.Axles, line.PlazaId, line.PlazaCode));

    /// <summary><c>cut -c59-61,63-67 payment-data.txt</c></summary>
    public static Frame<Payment> FromFixedWidth(string archive) =>
        FixedWidth.Read<Payment>($"{archive}!payment-data.txt", [new("PaymentCode", 59, 3), new("VehicleCode", 63, 5)]);

    /// <summary><c>paste</c>: the first line with the first, the second with the second.</summary>
    public static Frame<Toll> Consolidate(Frame<Vehicle> vehicles, Frame<Plaza> plazas, Frame<Payment> payments) => vehicles
        .Zip(plazas, (v, p) => new { v.RowId, v.Timestamp, v.VehicleNumber, v.VehicleType, p.Axles, p.PlazaId, p.PlazaCode })
        .Zip(payments, (r, p) => new Toll(r.RowId, r.Timestamp, r.VehicleNumber, r.VehicleType, r.Axles, r.PlazaId, r.PlazaCode, p.PaymentCode, p.VehicleCode));

    public static Frame<Toll> Transform(Frame<Toll> tolls) => tolls
        .Select(t => new Toll(t.RowId, t.Timestamp, t.VehicleNumber, t.VehicleType.ToUpperInvariant(), t.Axles, t.PlazaId, t.PlazaCode, t.PaymentCode, t.VehicleCode));

    static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
