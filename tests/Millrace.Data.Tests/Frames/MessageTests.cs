using Millrace.Plans;
using Millrace.Testing.Servers;
using static Millrace.Data.Columns;

namespace Millrace.Data.Tests.Frames;

/// <summary>What errors say: the thing that somebody named, and what to do.</summary>
public sealed class MessageTests : IDisposable
{
    readonly TempFolder folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task An_engine_that_was_told_and_cannot_says_so_in_one_sentence()
    {
        var frame = Frame.From([new { Id = 1 }]).Untyped.OrderBy(Col("Id"));
        var wrong = await Assert.ThrowsAsync<PlanException>(() => frame.CollectAsync(new RunContext { Engine = PlanEngine.Streaming }, Cancel));
        Assert.DoesNotContain("..", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_place_that_takes_no_file_is_named_and_not_the_file_that_would_be_renamed()
    {
        await File.WriteAllTextAsync(folder["file"], "", Cancel);
        var wrong = await Assert.ThrowsAsync<IOException>(() => Frame.From([new { Id = 1 }]).WriteAsync(folder["file/out.csv"], cancel: Cancel));
        Assert.Contains("out.csv' can't be written", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(".writing.", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_connection_string_that_is_none_is_answered_with_one_that_is() =>
        Assert.Contains("Host=db;Database=mart", Assert.Throws<DatabaseException>(() => Postgres.Connect("Hst=1").Table("t").Schema).Message, StringComparison.Ordinal);

    [Fact]
    public void A_table_that_SQLite_has_not_is_named()
    {
        File.WriteAllBytes(folder["a.db"], []);
        var wrong = Assert.Throws<DatabaseException>(() => Sqlite.Open(folder["a.db"]).Table("zzz").Schema);
        Assert.Contains("the table zzz", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("Load the table first", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_memory_limit_under_which_nothing_runs_is_refused_at_once() =>
        Assert.Contains("16,000,000", Assert.Throws<ArgumentOutOfRangeException>(() => new RunContext { MemoryLimit = 1_000_000 }).Message, StringComparison.Ordinal);
}
