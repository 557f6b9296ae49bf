using System.Text;
using Millrace.Plans;
using Millrace.Testing.Plans;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Engines;

/// <summary>Letters change case one by one and alike in every engine, whatever the letter.</summary>
public sealed class LetterCaseTests
{
    [Theory]
    [InlineData("upper")]
    [InlineData("lower")]
    public async Task Every_letter_changes_case_alike(string function)
    {
        var letters = Enumerable.Range(1, 0x1FFFF).Where(Rune.IsValid).Select(c => new Rune(c)).Where(Rune.IsLetter).Select(r => new object?[] { r.ToString() }).ToList();
        var table = new MemoryTable("letters", new Schema(new Field("letter", DataType.Text)), letters);
        var plan = new Project(new Scan(table), [new("letter", new ColumnExpr("letter")), new("changed", Functions.Named(function).Of(new ColumnExpr("letter")))]);
        var cancel = TestContext.Current.CancellationToken;
        var ours = await EngineRows.ReadAsync(new StreamingEngine().RunAsync(plan, new RunContext(), cancel), plan.Schema, ordered: false, cancel);
        var duckDb = await EngineRows.ReadAsync(new DuckDbEngine().RunAsync(plan, new RunContext(), cancel), plan.Schema, ordered: false, cancel);
        Assert.Equal("", Differences(ours, duckDb));

        await using var database = await PostgresDatabase.CreateAsync(cancel);
        await using var copies = new PostgresCopies(database.ConnectionString);
        var copy = (await copies.CopyAsync(plan, cancel))!;
        Assert.NotNull(PostgresEngine.SqlFor(copy));
        var postgres = await EngineRows.ReadAsync(FrameRunner.RunAsync(copy, new RunContext(), cancel), plan.Schema, ordered: false, cancel);
        Assert.Equal("", Differences(ours, postgres));
    }

    static string Differences(IEnumerable<string> ours, IEnumerable<string> theirs) =>
        string.Join("; ", ours.Zip(theirs).Where(p => p.First != p.Second).Select(p => $"{p.First} and {p.Second}"));
}
