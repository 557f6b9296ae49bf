using Microsoft.Extensions.Logging;
using Millrace.Execution;
using Millrace.Runs;
using Millrace.Testing.Servers;

namespace Millrace.Core.Tests.Execution;

public sealed class AttemptLogTests : IDisposable
{
    readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Lines_carry_time_level_and_category_and_are_readable_while_the_log_is_open()
    {
        var path = folder["a", "attempt=1.log"];
        using var log = new AttemptLog(path, new Fixed());
        Assert.False(File.Exists(path));

        log.LogWarning("low on {Thing}", "disk");
        log.Named("Millrace.Sql").LogError(new InvalidOperationException("x"), "query failed\nSELECT 1");
        log.WriteText("half a ");
        log.WriteText("line\r\nand more");

        using (var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite)))
            Assert.Equal("""
                2026-11-21T01:02:03.123Z WARN low on disk
                2026-11-21T01:02:03.123Z ERROR [Millrace.Sql] query failed
                    SELECT 1
                    System.InvalidOperationException: x
                2026-11-21T01:02:03.123Z INFO half a line

                """, reader.ReadToEnd());
        log.Dispose();
        Assert.EndsWith(" INFO and more\n", File.ReadAllText(path), StringComparison.Ordinal);
        log.LogInformation("too late");
        Assert.DoesNotContain("too late", File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_that_cannot_be_written_does_not_fail_the_attempt()
    {
        File.WriteAllText(folder["file"], "");
        using var log = new AttemptLog(folder["file", "attempt=1.log"], TimeProvider.System);

        log.LogInformation("lost");
    }

    [Theory]
    [InlineData("plain-name_1.2", "plain-name_1.2")]
    [InlineData("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd")]
    [InlineData("..", "%2E.")]
    [InlineData("a b\\c", "a%20b%5Cc")]
    [InlineData("", "%")]
    [InlineData("Grüße", "Grüße")]
    public void A_name_becomes_one_segment_that_cannot_leave_its_folder(string name, string segment) =>
        Assert.Equal(segment, HomeFolder.Segment(name));

    [Fact]
    public void Long_names_are_cut_and_stay_apart()
    {
        var (a, b) = (HomeFolder.Segment(new string('ä', 400)), HomeFolder.Segment(new string('ä', 401)));

        Assert.NotEqual(a, b);
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(a), 100, 180);
    }

    [Fact]
    public void Mapped_instances_have_a_folder_each()
    {
        var home = new HomeFolder("/home/x/.millrace");

        Assert.Equal("/home/x/.millrace/logs/dag_id=d/run_id=manual__1/task_id=t/attempt=2.log", home.AttemptLog("d", "manual__1", "t", InstanceId.Unmapped, 2));
        Assert.Equal("/home/x/.millrace/logs/dag_id=d/run_id=manual__1/task_id=t/map_index=7/attempt=2.log", home.AttemptLog("d", "manual__1", "t", 7, 2));
    }

    sealed class Fixed : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 11, 21, 1, 2, 3, 123, TimeSpan.Zero);
    }
}
