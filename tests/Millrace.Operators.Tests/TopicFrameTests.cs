using Millrace.Dags;
using Millrace.Data;
using Millrace.Kafka;
using Millrace.Runs;

namespace Millrace.Operators.Tests;

public sealed class TopicFrameTests : BrokerTests
{
    public sealed record User(string Name, int? Age);

    public sealed record Placed(string Name, string? KafkaKey, int KafkaPartition, long KafkaOffset, DateTimeOffset KafkaTimestamp);

    static readonly User[] users = [new("Ann", 17), new("Bo", 18), new("Åsa", null)];

    [Fact]
    public async Task Rows_go_there_and_come_back_with_their_keys_and_places()
    {
        await Kafka.Admin.CreateTopicAsync("users", partitions: 2, cancellation: Cancel);
        var before = DateTimeOffset.UtcNow.AddSeconds(-1);

        var report = await Frame.From(users).WriteAsync(Topics.Write(Cluster, "users", key: "Name"), Cancel);
        var back = await Topics.Read<User>(Cluster, "users").ToListAsync(Cancel);
        var placed = await Topics.Read<Placed>(Cluster, "users").ToListAsync(Cancel);

        Assert.Equal(3, report.Rows);
        Assert.Equal(users.OrderBy(u => u.Name, StringComparer.Ordinal), back.OrderBy(u => u.Name, StringComparer.Ordinal));
        Assert.All(placed, row => Assert.Equal(row.Name, row.KafkaKey));
        Assert.All(placed, row => Assert.InRange(row.KafkaTimestamp, before, DateTimeOffset.UtcNow.AddSeconds(1)));
        Assert.Equal(placed.OrderBy(row => row.KafkaPartition).ThenBy(row => row.KafkaOffset), placed);
        Assert.Equal(back.Select(u => u.Name), placed.Select(row => row.Name));
    }

    [Fact]
    public async Task The_end_is_where_the_partitions_ended_when_the_reading_began()
    {
        await SendAsync("numbers", users);
        var seen = 0;
        await foreach (var user in Topics.Read<User>(Cluster, "numbers").ReadAsync(cancel: Cancel))
        {
            seen++;
            await SendAsync("numbers", user);
        }
        Assert.Equal(3, seen);
        Assert.Equal(6, await Topics.Read<User>(Cluster, "numbers").CountAsync(Cancel));
    }

    [Fact]
    public async Task A_record_that_is_no_row_fails_the_read_or_is_rejected_with_its_offset()
    {
        await SendAsync("users", """{"Name":"Ann","Age":17}""", "no", """{"Name":"Bo","Age":"x"}""", """{"Age":1}""", """{"name":"Cy","more":1}""");
        var frame = Topics.Read<User>(Cluster, "users");

        var failed = await Assert.ThrowsAsync<BadDataException>(() => frame.ToListAsync(cancel: Cancel));
        Assert.Equal(("users-0", 1L), (failed.File, failed.Line));

        using var rejects = new RejectLog();
        var rows = await frame.ToListAsync(new RunContext { Bad = Bad.Reject, Rejects = rejects }, Cancel);
        Assert.Equal([new("Ann", 17), new("Cy", null)], rows);
        Assert.Equal([1L, 2, 3], rejects.All.Select(r => r.Line!.Value));
        Assert.All(rejects.All, r => Assert.Equal("users-0", r.Source));
    }

    [Fact]
    public async Task A_record_without_a_value_has_no_columns()
    {
        await using (var producer = Kafka.CreateProducer<string, string?>()) await producer.SendAsync("deleted", "Ann", null, Cancel);
        var columns = new Schema(new Field("name", DataType.Text));

        using var rows = await Topics.Read(Cluster, "deleted", columns).CollectAsync(Cancel);

        Assert.Equal(("Ann", (object?)null), (rows[0, "kafka_key"], rows[0, "name"]));
    }

    [Fact]
    public async Task A_write_that_fails_shows_nothing()
    {
        await SendAsync("users", users);
        await Assert.ThrowsAnyAsync<Exception>(() => Frame.From(Breaking()).WriteAsync(Topics.Write(Cluster, "users"), Cancel));
        Assert.Equal(3, await Topics.Read<User>(Cluster, "users").CountAsync(Cancel));

        static IEnumerable<User> Breaking()
        {
            for (var i = 0; i < 100_000; i++) yield return new("many", i);
            throw new IOException("the source broke");
        }
    }

    [Fact]
    public async Task A_frame_over_a_topic_goes_from_task_to_task_and_one_with_a_password_does_not()
    {
        await SendAsync("users", users);
        var dag = Dag.Build("frames", d =>
        {
            var read = d.Task("read", async c => Topics.Read<User>(await c.KafkaAsync(), "users", Bad.Reject));
            var adults = d.Task("adults", read, rows => rows.Where(u => u.Age > 17));
            d.Task("list", adults, (c, rows) => rows.ToListAsync(new RunContext { Rejects = new RejectLog() }, c.Cancellation));
            d.Task("secret", async c => Topics.Read<User>(await c.KafkaAsync() with { Sasl = SaslLogin.Plain("ann", "secret") }, "users"));
        });

        var run = await For(dag).RunAsync(Cancel);

        Assert.Equal([new("Bo", 18)], run.Result<User[]>("list"));
        Assert.Equal(TaskState.Failed, run["secret"].State);
        Assert.Contains("doesn't say how to open it again", run["secret"].Log, StringComparison.Ordinal);
        Assert.DoesNotContain("secret\"", run["secret"].Log, StringComparison.Ordinal);
    }
}
