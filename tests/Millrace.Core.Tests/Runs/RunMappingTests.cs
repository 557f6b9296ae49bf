using Millrace.Dags;
using Millrace.Execution;
using Millrace.Runs;
using Xunit;
using static Millrace.Core.Tests.Runs.RunBed;

namespace Millrace.Core.Tests.Runs;

public sealed class RunMappingTests
{
    [Fact]
    public void A_mapped_task_gets_an_instance_per_item_and_the_collect_step_waits_for_all()
    {
        var bed = Of(Task("list"), Mapped("m", "list"), Task("collect", "m"));
        bed.Expect("list scheduled, m none, collect none");
        bed.EndWithList("list", 3);
        bed.Expect("list success, m[0] scheduled, m[1] scheduled, m[2] scheduled, collect none");
        bed.End("m", index: 1);
        bed.End("m", index: 0);
        bed.Expect("list success, m[0] success, m[1] success, m[2] scheduled, collect none");
        bed.End("m", index: 2);
        bed.Expect("list success, m[0] success, m[1] success, m[2] success, collect scheduled");
    }

    [Fact]
    public void A_literal_list_is_known_at_once()
    {
        var bed = Of(Task("m") with { Map = new MapSpec(null, 2) });
        bed.Expect("m[0] scheduled, m[1] scheduled");
    }

    [Fact]
    public void An_empty_list_skips_what_is_mapped_over_it()
    {
        var bed = Of(Task("list"), Mapped("m", "list"), Task("collect", "m"));
        bed.EndWithList("list", 0);
        bed.Expect("list success, m skipped, collect skipped");
        Assert.Equal(RunState.Success, bed.Run.Row.State);
    }

    [Theory]
    [InlineData(nameof(Outcome.Failed), "list failed, m upstream_failed")]
    [InlineData(nameof(Outcome.Skipped), "list skipped, m skipped")]
    [InlineData(nameof(Outcome.Succeeded), "list success, m failed")]
    public void Without_a_list_nothing_is_mapped(string outcome, string states)
    {
        // The last row: it succeeded, and returned something that is no list.
        var bed = Of(Task("list"), Mapped("m", "list"));
        bed.End("list", Enum.Parse<Outcome>(outcome));
        bed.Expect(states);
    }

    [Fact]
    public void In_a_mapped_group_instances_follow_each_other_index_by_index()
    {
        var bed = Of(new DagSpec
        {
            Name = "dag",
            Groups = [new GroupSpec { Id = "g", Map = new MapSpec("list", null) }],
            Tasks = [Task("list"), Task("g.a", "list") with { Group = "g" }, Task("g.b", "g.a") with { Group = "g" }, Task("collect", "g.b")],
        });
        bed.EndWithList("list", 2);
        bed.Expect("list success, g.a[0] scheduled, g.a[1] scheduled, g.b[0] none, g.b[1] none, collect none");
        bed.End("g.a", index: 1);
        bed.Expect("list success, g.a[0] scheduled, g.a[1] success, g.b[0] none, g.b[1] scheduled, collect none");
        bed.End("g.a", Outcome.Failed, index: 0);
        bed.Expect("list success, g.a[0] failed, g.a[1] success, g.b[0] upstream_failed, g.b[1] scheduled, collect upstream_failed");
    }

    [Fact]
    public void One_instance_can_be_run_again()
    {
        var bed = Of(Task("list"), Mapped("m", "list"), Task("collect", "m"));
        bed.EndWithList("list", 2);
        bed.End("m", index: 0);
        bed.End("m", Outcome.Failed, index: 1);
        Assert.Equal(RunState.Failed, bed.Run.Row.State);
        bed.Run.Clear(bed.Run.Select(["m"], mapIndex: 1, upstream: false, downstream: true), bed.Now);
        bed.Run.Start(bed.Now);
        bed.Expect("list success, m[0] success, m[1] scheduled, collect none");
        bed.End("m", index: 1);
        bed.End("collect");
        Assert.Equal(RunState.Success, bed.Run.Row.State);
    }

    [Fact]
    public void A_list_that_is_made_anew_maps_anew()
    {
        var bed = Of(Task("list"), Mapped("m", "list"));
        bed.EndWithList("list", 3);
        for (var index = 0; index < 3; index++) bed.End("m", index: index);
        bed.Run.Clear(bed.Run.Select(["list"], null, upstream: false, downstream: true), bed.Now);
        bed.Run.Start(bed.Now);
        bed.Expect("list scheduled, m none");
        bed.EndWithList("list", 1);
        bed.Expect("list success, m[0] scheduled");
    }

    [Fact]
    public void An_instance_that_still_runs_while_its_list_is_made_anew_is_waited_for()
    {
        var bed = Of(Task("list"), Mapped("m", "list"));
        bed.EndWithList("list", 2);
        bed.End("m", index: 0);
        var running = bed.Claim("m", 1);
        bed.Run.Clear(bed.Run.Select(["list"], null, upstream: false, downstream: true), bed.Now);
        bed.EndWithList("list", 3);
        Assert.True(bed.Report(running, Outcome.Cancelled));
        bed.Expect("list success, m[0] scheduled, m[1] scheduled, m[2] scheduled");
    }

    [Fact]
    public void Ten_thousand_instances_cost_a_look_each_and_not_a_look_at_each_other()
    {
        Measure(1_000);
        var small = Measure(1_000);
        var large = Measure(10_000);
        // Ten times as many instances, about ten times the memory: anything quadratic would take a hundred times as much.
        Assert.True(large < small * 14, $"1,000 instances allocated {small:N0} bytes, 10,000 allocated {large:N0}");

        static long Measure(int count)
        {
            var bed = Of(Task("list"), Mapped("m", "list"), Task("collect", "m"));
            var before = GC.GetAllocatedBytesForCurrentThread();
            bed.EndWithList("list", count);
            for (var index = 0; index < count; index++) bed.End("m", index: index);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            bed.End("collect");
            Assert.Equal(RunState.Success, bed.Run.Row.State);
            return allocated;
        }
    }

    static TaskSpec Mapped(string id, string source) => Task(id, source) with { Map = new MapSpec(source, null) };
}
