using Millrace.Data.Tests.Files;
using Millrace.Plans;
using Millrace.Testing.Plans;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Engines;

/// <summary>Random tables, written to files and read back: the same values, and the same answers to random plans.</summary>
public sealed class RandomFileTests(ITestOutputHelper output) : IDisposable
{
    static readonly int count = RandomPlanTests.Number("MILLRACE_TEST_PLANS") ?? 60;

    readonly TempFolder folder = new();
    int files;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("csv")]
    [InlineData("jsonl")]
    [InlineData("parquet")]
    public async Task A_plan_over_files_gives_the_same_rows_as_over_memory(string format)
    {
        var first = RandomPlanTests.Number("MILLRACE_TEST_SEED") ?? Random.Shared.Next(1_000_000_000);
        output.WriteLine($"seeds {first} to {first + count - 1}");
        var broken = new List<string>();
        for (var seed = first; seed < first + count && broken.Count < 5; seed++)
        {
            var options = new RandomPlanOptions { Steps = 1 + seed % 5, OrderDependent = true, Nested = format != "csv" };
            // Parquet has no durations: they are written as whole microseconds.
            if (format == "parquet") options = options with { Types = [.. options.Types.Where(t => t.Kind != TypeKind.Duration)] };
            var plan = new RandomPlans(seed, options).Plan();
            if (await DifferenceAsync(plan, format) is { } difference) broken.Add($"seed {seed}: {difference}\n{plan.ToText()}\n");
        }
        Assert.True(broken.Count == 0, string.Join("\n", broken));
    }

    async Task<string?> DifferenceAsync(Relation plan, string format)
    {
        try
        {
            var copies = new Dictionary<MemoryTable, Relation>();
            foreach (var table in Tables(plan).Distinct())
            {
                copies[table] = await CopyAsync(table, format);
                if (RowComparison.Difference(table.Rows, await FrameRunner.RunAsync(copies[table], new RunContext(), Cancel).RowsAsync(), ordered: true) is { } lost)
                    return $"The file isn't the table {table.Schema}. {lost}";
            }
            var expected = await FrameRunner.RunAsync(plan, new RunContext(), Cancel).RowsAsync();
            return RowComparison.Difference(expected, await FrameRunner.RunAsync(Over(plan, copies), new RunContext(), Cancel).RowsAsync());
        }
        catch (Exception wrong) when (wrong is not OperationCanceledException)
        {
            return wrong.ToString();
        }
    }

    async Task<Relation> CopyAsync(MemoryTable table, string format)
    {
        var path = folder[$"t{files++}.{format}"];
        await FileFormats.Sink(path).WriteAsync(table.Schema, table.Rows);
        var read = format switch
        {
            "csv" => Csv.Read(path, CsvOptions.Default with { Columns = table.Schema }),
            "jsonl" => JsonLines.Read(path, JsonOptions.Default with { Columns = table.Schema }),
            _ => Parquet.Read(path),
        };
        // Parquet carries the names of an enum as text.
        return read.Schema.Equals(table.Schema)
            ? read.Plan
            : new Project(read.Plan, table.Schema.Select(f => new NamedExpr(f.Name, f.Type.Kind == TypeKind.Enum ? new CastExpr(new ColumnExpr(f.Name), f.Type) : new ColumnExpr(f.Name))).ToSequence());
    }

    static IEnumerable<MemoryTable> Tables(Relation plan) => plan is Scan scan ? [(MemoryTable)scan.Source] : plan.Inputs.SelectMany(Tables);

    static Relation Over(Relation plan, Dictionary<MemoryTable, Relation> copies) =>
        plan is Scan { Source: MemoryTable table } ? copies[table] : plan.WithInputs([.. plan.Inputs.Select(i => Over(i, copies))]);
}
