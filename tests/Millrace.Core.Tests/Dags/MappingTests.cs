using Millrace.Dags;

namespace Millrace.Core.Tests.Dags;

public sealed class MappingTests
{
    [Fact]
    public async Task A_task_is_mapped_over_another_ones_list_and_its_results_are_collected()
    {
        var dag = Dag.Build("sizes", d =>
        {
            TaskHandle<string[]> files = d.Task("files", () => new[] { "a", "bb" });
            MappedHandle<long> sizes = d.Map("size", files, (string file) => (long)file.Length);
            TaskHandle<long> sum = d.Task("sum", sizes, (IReadOnlyList<long> all) => all.Sum());
        });

        Assert.Equal(new MapSpec("files", null), dag.TaskOf("size").Map);
        Assert.Equal([new(InputKind.Item, "files")], dag.TaskOf("size").Inputs);
        Assert.Equal(["files"], dag.UpstreamOf("size"));
        Assert.Equal([new(InputKind.Collected, "size")], dag.TaskOf("sum").Inputs);
        Assert.Equal([typeof(IReadOnlyList<long>)], dag.CodeOf("sum").InputTypes);
        Assert.Equal(2L, await dag.Call("size", "bb"));
        Assert.Equal(3L, await dag.Call("sum", new List<long> { 1, 2 }));
    }

    [Fact]
    public async Task A_list_in_the_code_gives_its_length_to_the_spec_and_its_items_to_the_code()
    {
        var dag = Dag.Build("literal", d =>
        {
            MappedHandle<int> squares = d.Map("square", Enumerable.Range(0, 10_000), n => n * n);
            d.Map("store", squares, async (c, n) => await Task.Yield());
        });

        Assert.Equal(new MapSpec(null, 10_000), dag.TaskOf("square").Map);
        Assert.Equal([new(InputKind.Item, null)], dag.TaskOf("square").Inputs);
        Assert.Equal(9_999, dag.CodeOf("square").MapItems![9_999]);
        Assert.Equal(49, await dag.Call("square", 7));
        Assert.Equal(new MapSpec("square", null), dag.TaskOf("store").Map);
    }

    [Fact]
    public async Task A_mapped_function_may_take_one_more_input_and_the_context()
    {
        var dag = Dag.Build("extra", d =>
        {
            var factor = d.Task("factor", () => 10);
            var list = d.Task("list", async () => { await Task.Yield(); return new List<int> { 1, 2 }; });
            MappedHandle<string> texts = d.Map("times", list, factor, async (c, n, f) => { await Task.Yield(); return $"{c.Attempt}:{n * f}"; });
        });
        Assert.Equal(["list", "factor"], dag.UpstreamOf("times"));
        Assert.Equal("1:20", await dag.Call("times", 2, 10));
    }

    [Fact]
    public void A_mapped_group_passes_results_instance_by_instance_and_is_collected_outside()
    {
        var dag = Dag.Build("files", d =>
        {
            var files = d.Task("files", () => new[] { "a", "bb" });
            var limit = d.Task("limit", () => 5);
            MappedHandle<int> perFile = d.MapGroup("per_file", files, (g, file) =>
            {
                var text = g.Task("read", file, name => name + "!");
                var log = g.Task("log", limit, n => { });
                return g.Task("store", text, file, limit, (t, f, n) => Math.Min(t.Length, n));
            });
            var end = d.Task("end", perFile, all => all.Sum());
            d.Empty("after").Then(d.Empty("last"));
            _ = perFile >> d.Empty("next");
        });

        Assert.Equal(new MapSpec("files", null), dag.Spec.Groups.Single().Map);
        Assert.Equal([new(InputKind.Item, "files")], dag.TaskOf("per_file.read").Inputs);
        Assert.Equal([new(InputKind.Result, "per_file.read"), new(InputKind.Item, "files"), new(InputKind.Result, "limit")], dag.TaskOf("per_file.store").Inputs);
        // A task that takes no item waits for the list all the same: its instances are known by then.
        Assert.Equal(["limit", "files"], dag.UpstreamOf("per_file.log"));
        Assert.Equal([new(InputKind.Collected, "per_file.store")], dag.TaskOf("end").Inputs);
        Assert.Equal(["per_file.log", "per_file.store"], dag.UpstreamOf("next"));
        Assert.Equal("per_file", dag.Spec.MappedGroupOf(dag.TaskOf("per_file.log"))!.Id);
        Assert.Equal(new("files", null), dag.Spec.MapOf(dag.TaskOf("per_file.log")));
        Assert.Null(dag.Spec.MapOf(dag.TaskOf("end")));
    }

    [Fact]
    public void Tasks_of_a_group_mapped_over_a_literal_list_know_its_items()
    {
        var dag = Dag.Build("literal", d => d.MapGroup("each", ["x", "y"], (g, item) => { g.Task("print", item, text => { }); }));
        Assert.Equal(new MapSpec(null, 2), dag.Spec.Groups.Single().Map);
        Assert.Equal(["x", "y"], dag.CodeOf("each.print").MapItems!);
    }

    [Fact]
    public void A_group_inside_a_mapped_group_belongs_to_its_instances()
    {
        var dag = Dag.Build("nested", d => d.MapGroup("each", [1, 2], (g, item) =>
        {
            var first = g.Task("first", item, n => n);
            g.Group("inner", inner => { inner.Task("second", first, n => { }); });
        }));
        Assert.Equal([new(InputKind.Result, "each.first")], dag.TaskOf("each.inner.second").Inputs);
        Assert.Equal("each", dag.Spec.MappedGroupOf(dag.TaskOf("each.inner.second"))!.Id);
    }

    [Fact]
    public void A_mapping_inside_a_mapped_group_is_refused()
    {
        Assert.Contains("inside the mapped group 'each'", Bodies.Message(d => d.MapGroup("each", [1], (g, item) => { g.Map("again", [2], n => n); })), StringComparison.Ordinal);
        Assert.Contains("inside the mapped group 'each'", Bodies.Message(d => d.MapGroup("each", [1], (g, item) => { g.MapGroup("again", [2], (h, i) => { }); })), StringComparison.Ordinal);
        Assert.Contains("inside the mapped group 'each'", Bodies.Message(d => d.MapGroup("each", [1], (g, item) => { g.Group("in").Map("again", [2], n => n); })), StringComparison.Ordinal);
    }

    [Fact]
    public void A_result_or_item_of_a_mapped_group_can_not_be_taken_outside_it()
    {
        Assert.Contains("use the handle that MapGroup gives", Bodies.Message(d =>
        {
            TaskHandle<int> inner = null!;
            d.MapGroup("each", [1], (g, item) => { inner = g.Task("a", item, n => n); });
            d.Task("b", inner, n => n);
        }), StringComparison.Ordinal);
        Assert.Contains("is not in it", Bodies.Message(d =>
        {
            ItemHandle<int> outside = null!;
            d.MapGroup("each", [1], (g, item) => { outside = item; });
            d.Task("b", outside, n => n);
        }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_mapped_group_returns_a_task_of_its_own() =>
        Assert.Contains("returns 'a', which is not a task of it", Bodies.Message(d =>
        {
            var a = d.Task("a", () => 1);
            d.MapGroup("each", [1], (g, item) => a);
        }), StringComparison.Ordinal);

    [Fact]
    public void A_text_is_no_list_to_map_over() =>
        Assert.Contains("is no list of items", Bodies.Message(d => d.Map("letter", d.Task("text", () => "abc"), c => c)), StringComparison.Ordinal);
}
