using Millrace.Dags;

namespace Millrace.Core.Tests.Dags;

public sealed class EdgeTests
{
    [Fact]
    public void Then_and_the_arrow_draw_the_same_edges()
    {
        var dag = Dag.Build("orders", d =>
        {
            var (a, b, c, e) = (d.Task("a", () => { }), d.Task("b", () => 1), d.Task("c", () => ""), d.Task("e", () => { }));
            a.Then(b, c);
            _ = a >> (b, c) >> e;
        });

        Assert.Equal(["a"], dag.UpstreamOf("b"));
        Assert.Equal(["a"], dag.UpstreamOf("c"));
        Assert.Equal(["b", "c"], dag.UpstreamOf("e"));
    }

    [Fact]
    public void A_chain_may_start_with_several_tasks()
    {
        var dag = Dag.Build("orders", d =>
        {
            var (a, b, c) = (d.Task("a", () => { }), d.Task("b", () => 1), d.Task("c", () => ""));
            _ = (a, b) >> c;
            _ = c >> new Node[] { d.Task("x", () => { }), d.Task("y", () => { }) };
        });

        Assert.Equal(["a", "b"], dag.UpstreamOf("c"));
        Assert.Equal(["c"], dag.UpstreamOf("y"));
    }

    [Fact]
    public void A_cycle_is_refused_with_its_path() =>
        Assert.Equal("Dag 'orders' has a cycle: b -> c -> b. Remove one of these edges.", Bodies.Message(d =>
        {
            var (a, b, c) = (d.Task("a", () => { }), d.Task("b", () => { }), d.Task("c", () => { }));
            _ = a >> b >> c >> b;
        }));

    [Fact]
    public void A_task_can_not_wait_for_itself() =>
        Assert.Contains("has a cycle: a -> a.", Bodies.Message(d =>
        {
            var a = d.Task("a", () => { });
            _ = a >> a;
        }), StringComparison.Ordinal);

    [Fact]
    public void A_chain_of_ten_thousand_tasks_is_no_cycle()
    {
        var dag = Dag.Build("long", d =>
        {
            Node last = d.Task("t0", () => { });
            for (var i = 1; i < 10_000; i++) last = last >> d.Task($"t{i}", () => { });
        });
        Assert.Equal(["t9998"], dag.UpstreamOf("t9999"));
    }

    [Fact]
    public void A_task_of_another_Dag_is_no_input_and_no_end_of_an_edge()
    {
        TaskHandle<int> other = null!;
        Dag.Build("other", d => other = d.Task("a", () => 1));

        Assert.Equal("Task 'b' of Dag 'orders' takes the result of 'a', which is a task of Dag 'other'. Take inputs from the same Dag; to wait for another one, use an asset or d.TriggerDag.",
            Bodies.Message(d => d.Task("b", other, n => n)));
        Assert.Contains("belongs to Dag 'other'", Bodies.Message(d => d.Task("b", () => { }).Then(other)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_built_Dag_can_not_be_changed()
    {
        DagBuilder late = null!;
        Dag.Build("orders", d => late = d);
        Assert.Contains("is built and can't be changed", Assert.Throws<DagException>(() => late.Task("a", () => { })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_Dag_without_tasks_is_allowed() => Assert.Empty(Dag.Build("nothing", _ => { }).Spec.Tasks);

    [Theory]
    [InlineData("", "A task of Dag 'orders' has an empty name. Give it one.")]
    [InlineData("a b", "Task 'a b' of Dag 'orders' has a ' ' in its name. Use letters, digits, '_', '-' and '.'.")]
    [InlineData("a/b", "Task 'a/b' of Dag 'orders' has a '/' in its name. Use letters, digits, '_', '-' and '.'.")]
    public void A_bad_id_is_refused(string id, string message) => Assert.Equal(message, Bodies.Message(d => d.Task(id, () => { })));

    [Fact]
    public void A_name_of_more_than_250_characters_is_refused() =>
        Assert.Contains("251 characters. Use at most 250.", Bodies.Message(d => d.Task(new string('x', 251), () => { })), StringComparison.Ordinal);

    [Fact]
    public void A_bad_Dag_name_is_refused() =>
        Assert.Equal("Dag 'my orders' has a ' ' in its name. Use letters, digits, '_', '-' and '.'.", Assert.Throws<DagException>(() => Dag.Build("my orders", _ => { })).Message);

    [Fact]
    public void An_id_used_twice_is_refused() =>
        Assert.Equal("Dag 'orders' has two tasks or groups with the id 'a'. Rename one of them.", Bodies.Message(d =>
        {
            d.Task("a", () => { });
            d.Task("a", () => { });
        }));

    [Fact]
    public void An_error_knows_the_file_and_line_that_build_the_Dag()
    {
        var error = Assert.Throws<DagException>(() => Dag.Build("", _ => { }));
        Assert.EndsWith("EdgeTests.cs", error.SourceFile, StringComparison.Ordinal);
        Assert.True(error.SourceLine > 100);
    }
}
