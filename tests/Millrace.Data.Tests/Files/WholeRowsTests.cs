using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Files;

public sealed class WholeRowsTests
{
    sealed record Item(int Id, string? Name, int? Amount);

    [Theory]
    [InlineData("csv", "Id,Name,Amount\n1,a,5\n2,b,x\n3,c,7\n")]
    [InlineData("jsonl", "{\"Id\":1,\"Name\":\"a\",\"Amount\":5}\n{\"Id\":2,\"Name\":\"b\",\"Amount\":\"x\"}\n{\"Id\":3,\"Name\":\"c\",\"Amount\":7}\n")]
    public async Task A_row_is_refused_whichever_columns_are_asked_for(string format, string content)
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.FullPath, "items." + format);
        await File.WriteAllTextAsync(path, content, TestContext.Current.CancellationToken);
        Frame items = format == "csv"
            ? Csv.Read<Item>(path, CsvOptions.Default with { Bad = Bad.Reject })
            : JsonLines.Read<Item>(path, JsonOptions.Default with { Bad = Bad.Reject });

        foreach (var columns in (string[][])[["Id", "Name", "Amount"], ["Name"], ["Name", "Id"]])
        {
            using var rejects = new RejectLog();
            using var table = await items.Select([.. columns.Select(c => (Pick)Columns.Col(c))]).CollectAsync(new RunContext { Rejects = rejects }, TestContext.Current.CancellationToken);
            Assert.Equal(["a", "c"], table.Column<string>("Name"));
            Assert.Equal(columns, table.Schema.Names);
            var reject = Assert.Single(rejects.All);
            Assert.Equal(("Amount", "x"), (reject.Column, reject.Value));
        }
    }
}
