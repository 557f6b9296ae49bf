using Millrace.Dags;

namespace Millrace.Core.Tests.Dags;

public sealed class FunctionTests
{
    static int Extract() => 20;
    static double Halve(int number) => number / 2.0;
    static double Sum(TaskContext context, int a, double b) => a + b + context.Attempt;
    static async Task<string> Say(double number)
    {
        await Task.Yield();
        return FormattableString.Invariant($"{number}");
    }
    static Task Store(TaskContext context, string text) => Task.CompletedTask;
    static void Print()
    {
    }

    static readonly Dag Wired = Dag.Build("wired", d =>
    {
        TaskHandle<int> number = d.Task("extract", Extract);
        TaskHandle<double> half = d.Task("halve", number, Halve);
        TaskHandle<double> sum = d.Task("sum", number, half, Sum);
        TaskHandle<string> text = d.Task("say", sum, Say);
        TaskHandle stored = d.Task("store", text, Store);
        TaskHandle printed = d.Task("print", Print);
        _ = stored >> printed;
    });

    [Fact]
    public void A_task_waits_for_the_tasks_whose_results_it_takes()
    {
        Assert.Equal(["extract", "halve"], Wired.UpstreamOf("sum"));
        Assert.Equal([new(InputKind.Result, "extract"), new(InputKind.Result, "halve")], Wired.TaskOf("sum").Inputs);
        Assert.Equal([typeof(int), typeof(double)], Wired.CodeOf("sum").InputTypes);
    }

    [Fact]
    public async Task A_function_gets_its_inputs_in_order_and_its_result_is_returned()
    {
        Assert.Equal(20, await Wired.Call("extract"));
        Assert.Equal(10.0, await Wired.Call("halve", 20));
        Assert.Equal(31.0, await Wired.Call("sum", 20, 10.0));
        Assert.Equal("31", await Wired.Call("say", 31.0));
        Assert.Null(await Wired.Call("store", "31"));
        Assert.Null(await Wired.Call("print"));
    }

    [Fact]
    public void A_task_knows_the_type_of_its_result()
    {
        Assert.Equal(typeof(string), Wired.CodeOf("say").ResultType);
        Assert.Null(Wired.CodeOf("store").ResultType);
    }

    [Fact]
    public async Task Lambdas_may_be_sync_or_async_with_or_without_a_context_and_take_up_to_four_inputs()
    {
        var awaited = 0;
        var dag = Dag.Build("lambdas", d =>
        {
            TaskHandle<int> a = d.Task("a", () => 1);
            TaskHandle<int> b = d.Task("b", async c => { await Task.Yield(); return c.Attempt + 1; });
            TaskHandle<string> e = d.Task("e", a, b, a, b, (w, x, y, z) => $"{w}{x}{y}{z}");
            TaskHandle<string> f = d.Task("f", a, b, a, b, async (c, w, x, y, z) => { await Task.Yield(); return $"{c.Attempt}{w}{x}{y}{z}"; });
            TaskHandle g = d.Task("g", e, async text => { await Task.Yield(); awaited = text.Length; });
        });

        Assert.Equal(1, await dag.Call("a"));
        Assert.Equal(2, await dag.Call("b"));
        Assert.Equal("1212", await dag.Call("e", 1, 2, 1, 2));
        Assert.Equal("11212", await dag.Call("f", 1, 2, 1, 2));
        await dag.Call("g", "four");
        Assert.Equal(4, awaited);
    }

    [Fact]
    public void A_ValueTask_is_refused_because_nothing_would_await_it() =>
        Assert.Equal("Task 'a' of Dag 'orders' returns a ValueTask that is not awaited. Write its function as an async lambda that awaits it, or let it return Task or Task<T>.",
            Bodies.Message(d => d.Task("a", () => new ValueTask<int>(1))));

    [Fact]
    public async Task A_value_that_a_skipped_task_never_gave_is_explained()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(async () => await Wired.Call("halve", [null]));
        Assert.Contains("Input 1 has no value", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Functions_may_take_results_of_others_by_handle_or_by_id()
    {
        TaskHandle<int> number = null!;
        var dag = Dag.Build("results", d => number = d.Task("number", () => 7));
        var context = Bodies.Context(dag, "later", new Results { ["number"] = 7, ["region"] = "eu" });

        Assert.Equal(7, await context.ResultOfAsync(number));
        Assert.Equal(7, await context.ResultOfAsync<int>("number"));
        Assert.Equal("eu", await context.VariableAsync("region"));
        Assert.Null(await context.VariableAsync("none"));
        Assert.Equal(Path.Combine("results", "big.parquet"), context.NewFile("big.parquet"));
        Assert.Throws<ArgumentException>(() => context.NewFile("../big.parquet"));
    }
}
