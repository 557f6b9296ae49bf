using System.Runtime.CompilerServices;
using Millrace.Dags;
using Millrace.Execution;

namespace Millrace.Core.Tests.Execution;

public sealed class ResultTests : IDisposable
{
    readonly RunnerBench bench = new();

    public void Dispose() => bench.Dispose();

    [Fact]
    public async Task A_result_that_cannot_be_serialised_fails_naming_type_and_member()
    {
        var dag = Dag.Build("bad", d => d.Task("t", () => new Outer(new Inner(() => { }))));

        var report = await bench.RunAsync(dag, "t");

        Assert.Equal(Outcome.Failed, report.Outcome);
        Assert.Contains("Millrace.Core.Tests.Execution.ResultTests+Outer", report.Error, StringComparison.Ordinal);
        Assert.Contains("member '$.Inner.Callback'", report.Error, StringComparison.Ordinal);
        Assert.Contains("System.Action", report.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cycle_fails_naming_its_path()
    {
        var dag = Dag.Build("cycle", d => d.Task("t", () =>
        {
            var node = new Cyclic();
            node.Next = node;
            return node;
        }));

        var report = await bench.RunAsync(dag, "t");

        Assert.Contains("Cyclic", report.Error, StringComparison.Ordinal);
        Assert.Contains("$.Next", report.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_result_goes_to_a_file_and_is_read_from_there()
    {
        var dag = Dag.Build("large", d =>
        {
            var many = d.Task("many", () => Enumerable.Range(0, 100_000).ToList());
            d.Task("sum", many, list => list.Sum(i => (long)i));
        });

        var report = await bench.RunAsync(dag, "many");

        Assert.Null(report.Result!.Json);
        Assert.Equal(100_000, report.Result.Length);
        Assert.StartsWith("results/dag_id=large/", report.Result.File, StringComparison.Ordinal);
        Assert.Equal(report.Result.Size, new FileInfo(bench.Home.Resolve(report.Result.File!)).Length);
        Assert.Equal("4999950000", RunnerBench.Json(await bench.RunAsync(dag, "sum")));
    }

    [Fact]
    public async Task Sequences_made_while_they_are_written_are_counted()
    {
        var dag = Dag.Build("lazy", d =>
        {
            d.Task("lazy", () => Enumerable.Range(0, 3).Select(i => new[] { "a,b", "]", "\"," }));
            d.Task("stream", () => Numbers(50_000));
            d.Task("none", () => Enumerable.Range(0, 0).Select(i => i));
            d.Task("text", () => "a,b");
        });

        Assert.Equal(3, (await bench.RunAsync(dag, "lazy")).Result!.Length);
        Assert.Equal(50_000, (await bench.RunAsync(dag, "stream")).Result!.Length);
        Assert.Equal(0, (await bench.RunAsync(dag, "none")).Result!.Length);
        Assert.Null((await bench.RunAsync(dag, "text")).Result!.Length);
    }

    [Fact]
    public async Task A_file_result_keeps_the_value_small_however_large_the_file_is()
    {
        var dag = Dag.Build("file", d =>
        {
            var made = d.Task("make", (TaskContext c) =>
            {
                var path = c.NewFile("big.bin");
                using (var file = File.Create(path)) file.SetLength(200L * 1024 * 1024);
                return new FileResult(path);
            });
            d.Task("size", made, file => new FileInfo(file.Path).Length);
        });

        var report = await bench.RunAsync(dag, "make");

        Assert.InRange(report.Result!.Json!.Length, 1, 1024);
        Assert.Equal(200L * 1024 * 1024, report.Result.Size);
        Assert.Equal("209715200", RunnerBench.Json(await bench.RunAsync(dag, "size")));
    }

    [Fact]
    public async Task A_file_result_whose_file_is_gone_says_which_task_to_clear()
    {
        var dag = Dag.Build("gone", d =>
        {
            var many = d.Task("many", () => new string('x', 100_000));
            d.Task("next", many, text => text.Length);
        });
        var report = await bench.RunAsync(dag, "many");
        File.Delete(bench.Home.Resolve(report.Result!.File!));

        Assert.Contains("Clear 'many'", (await bench.RunAsync(dag, "next")).Error, StringComparison.Ordinal);
    }

    static async IAsyncEnumerable<int> Numbers(int count, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        for (var i = 0; i < count; i++)
        {
            if (i % 1000 == 0) await Task.Yield();
            cancellation.ThrowIfCancellationRequested();
            yield return i;
        }
    }

    sealed record Outer(Inner Inner);

    sealed record Inner(Action Callback);

    sealed class Cyclic
    {
        public Cyclic? Next { get; set; }
    }
}
