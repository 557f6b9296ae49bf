using Millrace.Dags;

namespace Millrace.Core.Tests.Dags;

public sealed class GroupTests
{
    [Fact]
    public void A_groups_name_starts_the_ids_of_its_tasks()
    {
        var dag = Dag.Build("orders", d =>
        {
            var g = d.Group("transform", "# What happens here");
            g.Task("clean", () => { });
            g.Group("deep").Task("join", () => { });
        });
        Assert.Equal(["transform.clean", "transform.deep.join"], dag.Spec.Tasks.Select(t => t.Id));
        Assert.Equal([("transform", null, "# What happens here"), ("transform.deep", "transform", null)], dag.Spec.Groups.Select(g => (g.Id, g.Parent, g.Docs)));
        Assert.Equal("transform.deep", dag.TaskOf("transform.deep.join").Group);
    }

    [Fact]
    public void Edges_of_a_group_reach_its_first_tasks_and_leave_its_last()
    {
        var dag = Dag.Build("orders", d =>
        {
            var (a, b) = (d.Empty("a"), d.Empty("b"));
            var g = d.Group("g");
            // Drawn before the group has its tasks: the edges are worked out when the Dag is complete.
            _ = a >> g >> b;
            _ = g.Empty("x") >> (g.Empty("y"), g.Empty("z"));
        });
        Assert.Equal(["a"], dag.UpstreamOf("g.x"));
        Assert.Equal(["g.x"], dag.UpstreamOf("g.y"));
        Assert.Equal(["g.y", "g.z"], dag.UpstreamOf("b"));
    }

    [Fact]
    public void Groups_inside_a_group_are_chained_before_the_outer_one()
    {
        var dag = Dag.Build("orders", d =>
        {
            var outer = d.Group("o");
            _ = d.Empty("a") >> outer >> d.Empty("b");
            var first = outer.Group("first", g => { g.Empty("x"); g.Empty("y"); });
            var second = outer.Group("second", g => { g.Empty("z"); });
            _ = first >> second;
        });
        Assert.Equal(["o.first.x", "o.first.y"], dag.UpstreamOf("o.second.z"));
        Assert.Equal(["a"], dag.UpstreamOf("o.first.x"));
        Assert.Equal(["o.second.z"], dag.UpstreamOf("b"));
    }

    [Fact]
    public void What_follows_a_group_does_not_wait_for_its_teardown()
    {
        var dag = Dag.Build("orders", d =>
        {
            var g = d.Group("g");
            var up = g.Setup("up", () => { });
            _ = up >> g.Empty("work") >> g.Teardown("down", () => { }, up);
            _ = g >> d.Empty("after");
        });
        Assert.Equal(["g.work"], dag.UpstreamOf("after"));
    }

    [Fact]
    public void An_edge_of_an_empty_group_is_refused() =>
        Assert.Contains("the group 'g', which has no tasks", Bodies.Message(d => d.Empty("a").Then(d.Group("g"))), StringComparison.Ordinal);

    [Fact]
    public void An_edge_from_a_group_into_itself_is_refused() =>
        Assert.Contains("'g.x', which is inside it", Bodies.Message(d =>
        {
            var g = d.Group("g");
            _ = g >> g.Empty("x");
        }), StringComparison.Ordinal);

    [Fact]
    public void A_cycle_through_a_group_is_refused() =>
        Assert.Contains("has a cycle: ", Bodies.Message(d =>
        {
            var a = d.Empty("a");
            var g = d.Group("g", g => { g.Empty("x"); });
            _ = a >> g >> a;
        }), StringComparison.Ordinal);

    [Fact]
    public void A_task_and_a_group_can_not_share_an_id() =>
        Assert.Contains("two tasks or groups with the id 'g'", Bodies.Message(d =>
        {
            d.Group("g");
            d.Empty("g");
        }), StringComparison.Ordinal);
}
