using Millrace.Dags;
using Millrace.Kafka;
using Millrace.Runs;
using Millrace.Testing;

namespace Millrace.Operators.Tests;

public sealed class TopicTaskTests : BrokerTests
{
    public sealed record Reading(string Station, double Celsius);

    static readonly Reading[] readings = [new("Oslo", 1.5), new("Rome", 12), new("Oslo", 2.5)];

    static Dag Consuming<T>(ConsumeOptions<T>? options = null) => Dag.Build("reader", d => d.Consume("consume", "numbers", options));

    static IEnumerable<int> Values(DagTestRun run) => run.Result<TopicRecord<int>[]>("consume").Select(r => r.Value);

    [Fact]
    public async Task What_a_task_returns_is_produced_by_key_and_consumed_by_another()
    {
        var dag = Dag.Build("there_and_back", d =>
        {
            var create = d.CreateTopic("create", "readings", partitions: 2);
            var fetch = d.Task("fetch", () => readings);
            var sent = d.Produce("send", fetch, "readings", key: r => r.Station);
            var read = d.Consume<Reading>("read", "readings");
            _ = create >> fetch;
            _ = sent >> read;
        });

        var run = await For(dag).RunAsync(Cancel);

        Assert.True(run.State == RunState.Success, run.ToString());
        Assert.Equal(3, run.Result<long>("send"));
        var records = run.Result<TopicRecord<Reading>[]>("read");
        Assert.Equal(readings.OrderBy(r => r.Station), records.Select(r => r.Value).OrderBy(r => r.Station));
        Assert.All(records, record => Assert.Equal(record.Value.Station, record.Key));
        Assert.Single(records.Where(r => r.Key == "Oslo").Select(r => r.Partition).Distinct());
        Assert.Equal([1.5, 2.5], records.Where(r => r.Key == "Oslo").Select(r => r.Value.Celsius));
        // It is there now, and that is no fault.
        Assert.Contains("stays as it is", (await For(dag).RunAsync(Cancel))["create"].Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_attempt_that_fails_while_it_produces_leaves_nothing_to_see()
    {
        var attempts = 0;
        var dag = Dag.Build("halfway", d => d.Produce("send", c => Numbers(c.Attempt), "numbers", options: new() { Retry = Retry.Fixed(1, TimeSpan.FromSeconds(1)) }));

        var run = await For(dag).RunAsync(Cancel);

        Assert.True(run.State == RunState.Success, run.ToString());
        Assert.Equal((2, 2), (attempts, run["send"].Attempts));
        Assert.Equal([1, 2, 3], Values(await For(Consuming<int>()).RunAsync(Cancel)));

        IEnumerable<int> Numbers(int attempt)
        {
            attempts++;
            yield return 1;
            yield return 2;
            if (attempt == 1) throw new IOException("the source broke");
            yield return 3;
        }
    }

    [Fact]
    public async Task A_run_goes_on_behind_what_the_run_before_it_has_read()
    {
        await SendAsync("numbers", 1, 2);
        var first = await For(Consuming<int>()).At("2026-11-20").RunAsync(Cancel);
        await SendAsync("numbers", 3);
        var second = await For(Consuming<int>()).At("2026-11-21").RunAsync(Cancel);
        var third = await For(Consuming<int>()).At("2026-11-22").RunAsync(Cancel);

        Assert.Equal([1, 2], Values(first));
        Assert.Equal([3], Values(second));
        Assert.Empty(Values(third));
        Assert.Equal(0, Assert.Single(await Kafka.Admin.ListGroupOffsetsAsync("reader.consume", Cancel)).Lag);
    }

    [Fact]
    public async Task An_attempt_whose_worker_died_after_it_committed_is_made_up_for_by_one_that_reads_the_same_records()
    {
        await SendAsync("numbers", 1, 2);
        // The same instance, of the same run: all that the first one did is known to the group alone.
        var lost = await For(Consuming<int>()).At("2026-11-20").RunAsync(Cancel);
        var again = await For(Consuming<int>()).At("2026-11-20").RunAsync(Cancel);
        var next = await For(Consuming<int>()).At("2026-11-21").RunAsync(Cancel);

        Assert.Equal([1, 2], Values(lost));
        Assert.Equal([1, 2], Values(again));
        Assert.Empty(Values(next));
    }

    [Fact]
    public async Task Offsets_of_a_task_that_failed_are_not_committed()
    {
        await SendAsync("numbers", "1", "two");
        var options = new ConsumeOptions<Reading> { Group = "careful" };

        var run = await For(Consuming(options)).RunAsync(Cancel);

        Assert.Equal(RunState.Failed, run.State);
        Assert.Contains("The record at offset 0 of numbers-0 can't be read", run["consume"].Log, StringComparison.Ordinal);
        Assert.Empty(await Kafka.Admin.ListGroupOffsetsAsync("careful", Cancel));
    }

    [Fact]
    public async Task Records_that_can_not_be_read_are_left_out_when_the_task_says_so()
    {
        await SendAsync("numbers", """{"station":"Oslo","celsius":1}""", "two", """{"station":"Rome","celsius":2}""");

        var run = await For(Consuming(new ConsumeOptions<Reading> { LeaveOutUnreadable = true })).RunAsync(Cancel);

        Assert.Equal([new("Oslo", 1), new("Rome", 2)], run.Result<TopicRecord<Reading>[]>("consume").Select(r => r.Value));
        Assert.Contains("Left out: The record at offset 1 of numbers-0", run["consume"].Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_count_bounds_a_run_and_the_next_goes_on_behind_it()
    {
        await SendAsync("numbers", 1, 2, 3);
        var two = new ConsumeOptions<int> { AtMost = 2 };

        var first = await For(Consuming(two)).At("2026-11-20").RunAsync(Cancel);
        var second = await For(Consuming(two)).At("2026-11-21").RunAsync(Cancel);

        Assert.Equal([1, 2], Values(first));
        Assert.Equal([3], Values(second));
        Assert.Contains("Topic 'numbers' has more records for group 'reader.consume' than one run takes", first["consume"].Log, StringComparison.Ordinal);
        Assert.DoesNotContain("has more records", second["consume"].Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_takes_just_what_is_there_does_not_speak_of_more()
    {
        // A transaction leaves an offset behind its records that is none.
        await For(Dag.Build("writer", d => d.Produce("send", _ => new[] { 1, 2 }, "numbers"))).RunAsync(Cancel);

        var run = await For(Consuming(new ConsumeOptions<int> { AtMost = 2 })).RunAsync(Cancel);

        Assert.Equal([1, 2], Values(run));
        Assert.DoesNotContain("has more records", run["consume"].Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_in_memory_at_once_is_bounded_unless_a_task_says_otherwise()
    {
        Assert.Equal((100_000, 64L << 20), (new ConsumeOptions<int>().AtMost, new ConsumeOptions<int>().AtMostBytes));

        await SendAsync("numbers", new string('a', 600), new string('b', 600), new string('c', 600));
        var bounded = Dag.Build("reader", d => d.Consume<string>("consume", "numbers", new() { AtMostBytes = 1_000 }));
        var unbounded = Dag.Build("reader", d => d.Consume<string>("consume", "numbers", new() { Group = "all", AtMost = null, AtMostBytes = null }));

        Assert.Equal("ab", Firsts(await For(bounded).At("2026-11-20").RunAsync(Cancel)));
        Assert.Equal("c", Firsts(await For(bounded).At("2026-11-21").RunAsync(Cancel)));
        Assert.Equal("abc", Firsts(await For(unbounded).RunAsync(Cancel)));

        static string Firsts(DagTestRun run) => string.Concat(run.Result<TopicRecord<string>[]>("consume").Select(r => r.Value[0]));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    public async Task What_an_attempt_that_was_lost_had_read_is_not_passed_over_by_one_that_comes_to_other_partitions(int first, bool waits)
    {
        await Kafka.Admin.CreateTopicAsync("numbers", partitions: 2, cancellation: Cancel);
        var two = new ConsumeOptions<int> { AtMost = 2, For = waits ? TimeSpan.FromMinutes(5) : null };
        // The group knows both partitions, so neither is read first because it is known.
        await SendToAsync(0, 0);
        await SendToAsync(1, 0);
        Assert.Equal([0, 0], Values(await For(Consuming(two)).At("2026-11-19").RunAsync(Cancel)));
        await SendToAsync(first, 1, 2);
        var lost = await For(Consuming(two)).At("2026-11-20").RunAsync(Cancel);
        await SendToAsync(1 - first, 3, 4);
        // The same instance, whose first result nobody has.
        var again = await For(Consuming(two)).At("2026-11-20").RunAsync(Cancel);
        var next = await For(Consuming(new ConsumeOptions<int>())).At("2026-11-21").RunAsync(Cancel);

        Assert.Equal([1, 2], Values(lost));
        Assert.Equal(2, Values(again).Count());
        Assert.Equal([1, 2, 3, 4], Values(again).Concat(Values(next)).Order());

        async Task SendToAsync(int partition, params int[] values)
        {
            await using var producer = Kafka.CreateProducer<string, int>();
            foreach (var value in values) await producer.SendAsync(new("numbers", "key", value) { Partition = partition }, Cancel);
        }
    }

    [Fact]
    public async Task A_time_lets_a_run_wait_for_records_that_are_yet_to_come()
    {
        await Kafka.Admin.CreateTopicAsync("numbers", partitions: 1, cancellation: Cancel);
        var run = For(Consuming(new ConsumeOptions<int> { For = TimeSpan.FromMinutes(5), AtMost = 2 })).RunAsync(Cancel);
        await SendAsync("numbers", 1, 2);
        Assert.Equal([1, 2], Values(await run));

        var over = await For(Consuming(new ConsumeOptions<int> { For = TimeSpan.FromMilliseconds(50) })).At("2026-11-21").RunAsync(Cancel);
        Assert.True(over.State == RunState.Success, over.ToString());
        Assert.Empty(Values(over));
    }

    [Theory]
    [InlineData(LookFrom.Run)]
    [InlineData(LookFrom.Group)]
    public async Task A_sensor_frees_its_worker_until_a_record_is_there_and_gives_it_to_the_next_task(LookFrom from)
    {
        await SendAsync("numbers", 1, 2);
        var dag = Dag.Build("waiter", d =>
        {
            var large = d.RecordSensor<int>("large", "numbers", r => r.Value > 100, new() { From = from }, every: TimeSpan.FromMinutes(1), timeout: TimeSpan.FromHours(1));
            d.Task("use", large, record => record.Value);
        });

        var run = await For(dag).After(TimeSpan.FromSeconds(90), () => SendAsync("numbers", 3, 101, 102).GetAwaiter().GetResult()).RunAsync(Cancel);

        Assert.True(run.State == RunState.Success, run.ToString());
        Assert.Equal(101, run.Result<int>("use"));
        Assert.Equal(TimeSpan.FromMinutes(2), run.Duration);
        Assert.Contains(TaskState.UpForReschedule, run["large"].States);
        Assert.Equal(3, run.Result<TopicRecord<int>>("large").Offset);
    }

    [Fact]
    public async Task A_test_may_say_what_a_sensor_finds_and_when()
    {
        var dag = Dag.Build("waiter", d => d.Task("use", d.RecordSensor<int>("large", "numbers", r => r.Value > 100), record => record.Value));
        var looks = 0;

        var run = await DagTest.For(dag).Replacing("large", _ => ++looks < 3 ? null! : new TopicRecord<int>("numbers", 0, 7, DateTimeOffset.UnixEpoch, null, 101)).RunAsync(Cancel);

        Assert.Equal((3, 101), (looks, run.Result<int>("use")));
        Assert.Contains("Use Replacing", Assert.Throws<ArgumentException>(() => DagTest.For(dag).Seeing("large", true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sensor_of_the_run_passes_over_what_is_older_than_the_run()
    {
        await SendAsync("numbers", 101);
        var dag = Dag.Build("waiter", d => d.RecordSensor<int>("large", "numbers", r => r.Value > 100, timeout: TimeSpan.FromMinutes(1), softFail: true));

        Assert.Equal(TaskState.Success, (await For(dag).At("2020-01-01").RunAsync(Cancel))["large"].State);
        Assert.Equal(TaskState.Skipped, (await For(dag).At("2100-01-01").RunAsync(Cancel))["large"].State);
    }

    [Fact]
    public async Task A_sensor_of_a_group_finds_each_record_once()
    {
        await SendAsync("numbers", 101, 102);
        var dag = Dag.Build("waiter", d => d.RecordSensor<int>("large", "numbers", r => r.Value > 100, new() { From = LookFrom.Group }));

        Assert.Equal(101, (await For(dag).At("2026-11-20").RunAsync(Cancel)).Result<TopicRecord<int>>("large").Value);
        Assert.Equal(101, (await For(dag).At("2026-11-20").RunAsync(Cancel)).Result<TopicRecord<int>>("large").Value);
        Assert.Equal(102, (await For(dag).At("2026-11-21").RunAsync(Cancel)).Result<TopicRecord<int>>("large").Value);
    }

    [Fact]
    public async Task A_cluster_may_be_named_by_a_param_and_without_any_the_task_says_how_to_have_one()
    {
        var dag = Dag.Build("named", d =>
        {
            var servers = d.Param("servers", "");
            d.Produce("send", _ => new[] { 1 }, "numbers", produce: new() { Kafka = c => new() { BootstrapServers = c.Get(servers) } });
        });
        Assert.Equal(RunState.Success, (await DagTest.For(dag).With("servers", Broker.BootstrapServers).RunAsync(Cancel)).State);

        var run = await DagTest.For(Consuming<int>()).RunAsync(Cancel);
        Assert.Equal(RunState.Failed, run.State);
        Assert.Contains("name another's servers in the variable 'kafka'", run["consume"].Log, StringComparison.Ordinal);
    }
}
