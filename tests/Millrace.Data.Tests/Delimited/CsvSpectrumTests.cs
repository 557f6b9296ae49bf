using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Delimited;

/// <summary>The public conformance set csv-spectrum: files of CSV and what they hold, as JSON. Fetched by npm, kept in the temporary folder.</summary>
public sealed class CsvSpectrumTests
{
    const string Package = "csv-spectrum@2.0.0";

    [Fact]
    public async Task Every_file_of_the_set_is_read_as_it_says()
    {
        var folder = await FetchAsync(TestContext.Current.CancellationToken);
        var files = Directory.GetFiles(Path.Combine(folder, "csvs"), "*.csv");
        Assert.True(files.Length >= 12, $"'{folder}' has {files.Length} files of CSV and 12 are expected. Remove the folder: it is fetched again.");
        using var bed = new DelimitedBed();
        // That file has bare quotes in unquoted fields, and its JSON names another number than it holds.
        foreach (var file in files.Where(f => !f.EndsWith("location_coordinates.csv", StringComparison.Ordinal)))
        {
            var source = Csv.Open(file, new CsvOptions { Header = Header.Yes, Infer = false });
            var rows = await bed.RowsOfAsync(source);
            using var expected = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "json", Path.ChangeExtension(Path.GetFileName(file), ".json")), TestContext.Current.CancellationToken));
            Assert.Equal(
                expected.RootElement.EnumerateArray().Select(o => string.Join('|', o.EnumerateObject().Select(p => $"{p.Name}={p.Value.GetString()}"))),
                // The set knows no null: an empty field is an empty text there.
                rows.Select(r => string.Join('|', source.Schema.Names.Zip(r, (name, value) => $"{name}={value}"))));
        }
    }

    [Fact]
    public async Task Bare_quotes_are_refused_unless_quotes_mean_nothing()
    {
        var file = Path.Combine(await FetchAsync(TestContext.Current.CancellationToken), "csvs", "location_coordinates.csv");
        var options = new CsvOptions { Header = Header.Yes, Infer = false };
        using var bed = new DelimitedBed();

        Assert.Equal(2, (await Assert.ThrowsAsync<BadDataException>(() => bed.RowsOfAsync(Csv.Open(file, options)))).Line);
        var row = Assert.Single(await bed.RowsOfAsync(Csv.Open(file, options with { Quote = null })));
        Assert.Matches("""^37.36'37\.8"N 121.2'17\.9"W$""", (string)row[1]!);
    }

    static async Task<string> FetchAsync(CancellationToken cancel)
    {
        var kept = Path.Combine(Path.GetTempPath(), Package.Replace('@', '-'));
        if (Directory.Exists(kept)) return Path.Combine(kept, "package");
        using var fetched = new TempFolder("csv-spectrum-");
        try
        {
            using var npm = Process.Start(new ProcessStartInfo("npm", ["pack", Package, "--silent"]) { WorkingDirectory = fetched.FullPath, RedirectStandardOutput = true, RedirectStandardError = true })!;
            await npm.WaitForExitAsync(cancel);
            Assert.True(npm.ExitCode == 0, $"'npm pack {Package}' ended with {npm.ExitCode}: {await npm.StandardError.ReadToEndAsync(cancel)}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Fail("npm isn't installed, and this test fetches its files with it. Install Node.js.");
        }
        await using var packed = new GZipStream(File.OpenRead(Directory.GetFiles(fetched.FullPath, "*.tgz").Single()), CompressionMode.Decompress);
        await TarFile.ExtractToDirectoryAsync(packed, fetched.FullPath, overwriteFiles: false, cancel);
        try
        {
            Directory.Move(fetched.FullPath, kept);
        }
        catch (IOException) when (Directory.Exists(kept))
        {
            // Another run was quicker.
        }
        return Path.Combine(kept, "package");
    }
}
