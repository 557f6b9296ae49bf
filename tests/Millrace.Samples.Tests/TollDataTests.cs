using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Millrace.Runs;
using Millrace.Testing;

namespace Millrace.Samples.Tests;

public sealed class TollDataTests : IDisposable
{
    readonly TempFolder folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    static string Archive => Path.Combine(Repository.Samples, "08-toll-data", "tolldata.tgz");

    static string[] Member(string name)
    {
        using var unzipped = new GZipStream(File.OpenRead(Archive), CompressionMode.Decompress);
        using var tar = new TarReader(unzipped);
        while (tar.GetNextEntry() is { } entry)
            if (entry.Name == name) return new StreamReader(entry.DataStream!).ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        throw new FileNotFoundException(name);
    }

    // cut, paste and awk, by hand.
    static string Expected()
    {
        var text = new StringBuilder();
        foreach (var ((csv, tsv), payment) in Member("vehicle-data.csv").Zip(Member("tollplaza-data.tsv")).Zip(Member("payment-data.txt")))
        {
            var (vehicle, plaza) = (csv.Split(','), tsv.Split('\t'));
            text.AppendJoin(',', [.. vehicle[..3], vehicle[3].ToUpperInvariant(), .. plaza[4..7], payment[58..61], payment[62..67]]).Append('\n');
        }
        return text.ToString();
    }

    [Fact]
    public async Task Three_formats_become_one_file_byte_for_byte()
    {
        var output = folder["out/transformed_data.csv"];
        var test = DagTest.For(TollData.Dag).With("output", output).At("2026-11-21");

        var run = await test.RunAsync(Cancel);
        await test.Failing("transform_data", times: 1).RunAsync(Cancel);

        Assert.True(run.State == RunState.Success, run.ToString());
        Assert.Equal(200, run.Result<long>("transform_data"));
        Assert.Equal(Expected(), await File.ReadAllTextAsync(output, Cancel));
        Assert.StartsWith("1,Thu Aug 19 21:54:49 2021,401924,CAR,2,8796,PC7CE807C,PTC,VC99D\n", Expected(), StringComparison.Ordinal);
        Assert.Equal([output], Directory.EnumerateFiles(folder["out"]));
    }

    [Fact]
    public async Task An_archive_without_the_files_leaves_no_output()
    {
        await File.WriteAllTextAsync(folder["empty.tgz"], "no archive", Cancel);
        var run = await DagTest.For(TollData.Dag).With("archive", folder["empty.tgz"]).With("output", folder["out.csv"]).RunAsync(Cancel);

        Assert.Equal((RunState.Failed, TaskState.UpstreamFailed), (run.State, run["transform_data"].State));
        Assert.Contains("empty.tgz", run["extract_data_from_csv"].Log, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["out.csv"]));
    }
}
