using Millrace.Testing.Servers;

namespace Millrace.Plans.Tests;

public sealed class RejectLogTests
{
    static Reject Number(int i) => new(i % 3 == 0 ? "three" : "other", "check", "n", $"{i}\nü\"", "x.csv", i, "No.");

    [Fact]
    public async Task Many_rejects_go_to_a_file_and_come_back_in_order()
    {
        using var folder = new TempFolder();
        using (var log = new RejectLog { Folder = folder.FullPath })
        {
            for (var i = 0; i < RejectLog.InMemory + 500; i++) log.Add(Number(i));
            Assert.Single(Directory.GetFiles(folder.FullPath));
            var read = new List<Reject>();
            await foreach (var reject in log.ReadAsync(TestContext.Current.CancellationToken)) read.Add(reject);
            Assert.Equal(Enumerable.Range(0, RejectLog.InMemory + 500).Select(Number), read);
            Assert.Equal(3500, log.Counts[("check", "three")]);
        }
        Assert.Empty(Directory.GetFiles(folder.FullPath));
    }

    [Fact]
    public void One_reject_more_than_allowed_ends_the_run_with_counts()
    {
        using var log = new RejectLog { Max = 2 };
        log.Add(Number(1));
        log.Add(Number(2));
        var wrong = Assert.Throws<RejectLimitException>(() => log.Add(Number(3)));
        Assert.Equal("More than the allowed 2 rows were refused: 2 in check by 'other', 1 in check by 'three'. Correct the source, or allow more.", wrong.Message);
    }
}
