using System.Text.Json;
using Millrace.Dags;
using Millrace.Scheduling;

namespace Millrace.Core.Tests.Dags;

public sealed class DagJsonTests
{
    static Dag Everything() => Dag.Build("everything", d =>
    {
        d.Schedule = Schedule.Cron("0 6 * * 1-5", "Europe/Berlin").Or(Schedule.OnAny(new Millrace.Assets.Asset("orders")));
        d.StartDate = DateTimeOffset.UnixEpoch;
        d.Defaults = new() { Retry = Retry.Exponential(3, TimeSpan.FromSeconds(5), jitter: 0.2) with { If = e => e is IOException }, Timeout = TimeSpan.FromMinutes(1) };
        d.Param("rows", 10, min: 1);
        var list = d.Task("list", () => new[] { 1, 2 }, new() { OnFailure = new(c => { }), OnRetry = new(c => { }) });
        var each = d.MapGroup("each", list, (g, n) => g.Task("double", n, i => i * 2));
        d.Task("sum", each, all => all.Sum(), new() { TriggerRule = TriggerRule.AllDoneMinOneSuccess });
        d.Sensor("wait", () => true);
        d.TriggerDag("child", "other");
        d.Shell("date", "date");
    });

    [Fact]
    public void A_spec_survives_its_JSON()
    {
        var dag = Everything();
        var json = DagJson.Write(dag.Spec);
        var back = DagJson.Read(json);
        Assert.Equal(json, DagJson.Write(back));
        Assert.Equal(dag.Spec.Schedule, back.Schedule);
        Assert.Equal(dag.ContentHash, DagJson.Hash(back));
        var task = back.Tasks.Single(t => t.Id == "list");
        Assert.Equal((3, TimeSpan.FromSeconds(5), 2.0, 0.2), (task.Retry.Count, task.Retry.Delay, task.Retry.Factor, task.Retry.Jitter));
        Assert.Equal(CallbackKinds.Failure | CallbackKinds.Retry, task.Callbacks);
    }

    [Fact]
    public void Names_are_camel_case_nulls_are_left_out_and_trigger_rules_have_Airflows_names()
    {
        using var json = JsonDocument.Parse(DagJson.Write(Everything().Spec));
        var sum = json.RootElement.GetProperty("tasks").EnumerateArray().Single(t => t.GetProperty("id").GetString() == "sum");
        Assert.Equal("all_done_min_one_success", sum.GetProperty("triggerRule").GetString());
        Assert.Equal("Function", sum.GetProperty("kind").GetString());
        Assert.False(sum.TryGetProperty("map", out _));
        Assert.DoesNotContain("null", json.RootElement.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public void All_thirteen_trigger_rules_have_Airflows_names() =>
        Assert.Equal(
            ["all_success", "all_failed", "all_done", "all_done_min_one_success", "all_done_setup_success", "one_success", "one_failed", "one_done",
                "none_failed", "none_failed_min_one_success", "none_skipped", "all_skipped", "always"],
            Enum.GetValues<TriggerRule>().Select(r => JsonSerializer.Serialize(r).Trim('"')));

    [Fact]
    public void The_hash_is_the_same_for_the_same_Dag_and_another_for_any_change()
    {
        static Dag Small(string command) => Dag.Build("small", d => d.Shell("a", command));
        Assert.Equal(Everything().ContentHash, Everything().ContentHash);
        Assert.Matches("^[0-9a-f]{64}$", Small("date").ContentHash);
        Assert.NotEqual(Small("date").ContentHash, Small("date -u").ContentHash);
    }

    [Fact]
    public void A_setting_that_an_older_spec_does_not_have_takes_its_default()
    {
        var spec = DagJson.Read("""{"name":"old","aSettingOfTheFuture":1,"tasks":[{"id":"a","kind":"Shell","triggerRule":"one_done"}]}""");
        var task = Assert.Single(spec.Tasks);
        Assert.Equal((16, Schedule.Manual), (spec.MaxActiveRuns, spec.Schedule));
        Assert.Equal((TaskSpec.DefaultPool, 1, Retry.None, TriggerRule.OneDone), (task.Pool, task.Slots, task.Retry, task.TriggerRule));
        Assert.Empty(task.Upstream);
    }

    [Fact]
    public void The_predicate_of_a_retry_stays_with_the_code()
    {
        var dag = Everything();
        Assert.True(dag.CodeOf("list").RetryIf!(new IOException()));
        Assert.False(dag.CodeOf("list").RetryIf!(new FormatException()));
        Assert.Null(DagJson.Read(DagJson.Write(dag.Spec)).Tasks[0].Retry.If);
    }

    [Fact]
    public void A_custom_schedule_keeps_its_code_in_this_process_and_its_description_in_the_spec()
    {
        var dag = Dag.Build("full_moons", d => d.Schedule = Schedule.Custom(new FullMoons()));
        Assert.Equal("full moons", DagJson.Read(DagJson.Write(dag.Spec)).Schedule.Describe());
        Assert.True(dag.Spec.Schedule.NeedsUserCode);
    }

    sealed class FullMoons : CustomSchedule
    {
        public override DateTimeOffset? Next(DateTimeOffset after) => after.AddDays(29.53);
        public override string Describe() => "full moons";
    }
}
