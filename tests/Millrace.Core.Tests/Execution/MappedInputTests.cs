using Millrace.Dags;
using Millrace.Execution;

namespace Millrace.Core.Tests.Execution;

public sealed class MappedInputTests : IDisposable
{
    readonly RunnerBench bench = new();

    public void Dispose() => bench.Dispose();

    [Fact]
    public async Task Instances_get_their_items_and_the_list_is_read_once()
    {
        var dag = Dag.Build("maps", d =>
        {
            var list = d.Task("list", () => Enumerable.Range(0, 1000).ToArray());
            var squares = d.Map("square", list, i => i * i);
            var next = d.Map("next", squares, i => i + 1);
            d.Task("sum", squares, all => all.Sum());
        });
        await bench.RunAsync(dag, "list");

        for (var i = 0; i < 1000; i++) await bench.RunAsync(dag, "square", map: i);
        Assert.Equal(1, bench.Reads);

        Assert.Equal("332833500", RunnerBench.Json(await bench.RunAsync(dag, "sum")));
        Assert.Equal("82", RunnerBench.Json(await bench.RunAsync(dag, "next", map: 9)));
    }

    [Fact]
    public async Task A_list_made_again_is_read_again()
    {
        var made = 1;
        var dag = Dag.Build("again", d =>
        {
            var list = d.Task("list", () => new[] { made });
            d.Map("each", list, i => i);
        });

        await bench.RunAsync(dag, "list");
        Assert.Equal("1", RunnerBench.Json(await bench.RunAsync(dag, "each", map: 0)));
        made = 2;
        await bench.RunAsync(dag, "list");
        using var cancellation = new AttemptCancellation();
        var later = await bench.Runner.RunAsync(dag, bench.Assignment(dag, "each", map: 0) with { ListAttempt = 2 }, "test", cancellation);

        Assert.Equal("2", RunnerBench.Json(later));
    }

    [Fact]
    public async Task An_instance_beyond_the_list_says_what_to_clear()
    {
        var dag = Dag.Build("beyond", d => d.Map("each", d.Task("list", () => new[] { 1 }), i => i));
        await bench.RunAsync(dag, "list");

        Assert.Contains("Clear 'list'", (await bench.RunAsync(dag, "each", map: 3)).Error, StringComparison.Ordinal);
    }
}
