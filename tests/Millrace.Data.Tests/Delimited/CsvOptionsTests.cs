using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Millrace.Plans;

namespace Millrace.Data.Tests.Delimited;

public sealed class CsvOptionsTests : IDisposable
{
    readonly DelimitedBed bed = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => bed.Dispose();

    [Fact]
    public async Task Code_pages_are_there_without_being_registered_by_name_too()
    {
        var path = bed.Write([.. "id,name\n1,Troms"u8, 0xF8, (byte)' ', 0x80, (byte)'\n']);
        foreach (var options in new CsvOptions[] { new() { EncodingName = "windows-1252" }, new() { Encoding = Encoding.GetEncoding(1252) } })
        {
            using var table = await Csv.Read(path, options).CollectAsync(Cancel);
            Assert.Equal("Tromsø €", table[0, 1]);
            Assert.Equal("windows-1252", CsvOptions.Read(options.Describe(path)).EncodingName);
        }
        Assert.Contains("'latin-77'", Assert.Throws<ArgumentException>(() => new CsvOptions { EncodingName = "latin-77" }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_of_files_is_one_frame_here_and_in_another_process()
    {
        foreach (var (name, id) in new[] { ("a", 1), ("b", 2), ("c", 3) }) await File.WriteAllTextAsync(bed[$"{name}.csv"], $"id\n{id}\n", Cancel);
        var frame = Csv.Read<Numbered>([bed["c.csv"], bed["a.csv"]]);
        var sent = JsonSerializer.Deserialize<Frame<Numbered>>(JsonSerializer.Serialize(frame))!;
        foreach (var one in new[] { frame, sent }) Assert.Equal([new(3), new(1)], await one.ToListAsync(Cancel));
        Assert.Equal(2, await Tsv.Read([bed["b.csv"], bed["c.csv"]]).CountAsync(Cancel));
    }

    sealed record Numbered(int Id);

    [Fact]
    public async Task Limits_of_packed_files_are_the_options()
    {
        using (var zip = new GZipStream(File.Create(bed["a.csv.gz"]), CompressionLevel.Optimal)) zip.Write("id\n1\n2\n3\n4\n5\n6\n7\n8\n9\n"u8);
        var tight = new CsvOptions { Limits = new() { MaxBytes = 10 } };
        Assert.Contains("InputLimits.MaxBytes", (await Assert.ThrowsAsync<BadDataException>(() => Csv.Read(bed["a.csv.gz"], tight).CountAsync(Cancel))).Message, StringComparison.Ordinal);
        Assert.Equal(9, await Csv.Read(bed["a.csv.gz"], new CsvOptions { Limits = new() { MaxRatio = 9_999 } }).CountAsync(Cancel));
        Assert.Equal(new InputLimits { MaxRatio = 9_999, MaxBytes = 77 }, CsvOptions.Read(new CsvOptions { Limits = new() { MaxRatio = 9_999, MaxBytes = 77 } }.Describe("a.csv")).Limits);
    }

    [Fact]
    public async Task Tab_separated_values_are_inspected_as_such()
    {
        var path = bed.Write("id\tname\n1\ta\nx\tb\n3\tc\n");
        Assert.Equal(["id: text (1 of 3 values aren't integers, first at line 3: 'x')", "name: text"], (await Tsv.InspectAsync(path, cancel: Cancel)).Select(e => e.ToString()));
    }

    [Theory]
    [InlineData("\n\n\n", "only blank lines")]
    [InlineData("id,na\0me\n1,2\n", "NUL")]
    public void A_file_without_a_table_says_what_it_has(string text, string says) =>
        Assert.Contains(says, Assert.Throws<BadDataException>(() => Csv.Read(bed.Write(text))).Message, StringComparison.Ordinal);
}
