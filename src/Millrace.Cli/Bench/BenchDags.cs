using System.Globalization;

namespace Millrace.Cli.Bench;

/// <summary>The DAG files that benchmarks run, as a user would write them.</summary>
static class BenchDags
{
    const string Fibo = "static int Fibo(int n) => n < 2 ? n : Fibo(n - 1) + Fibo(n - 2);";

    internal static (string File, string Code) Chain(int tasks) => ("chain.cs", $$"""
        public static class Chain
        {
            {{Fibo}}

            public static Dag Dag { get; } = Dag.Build("chain", d =>
            {
                Node? last = null;
                for (var i = 0; i < {{tasks}}; i++)
                {
                    var task = d.Task($"fibo_{i}", () => Fibo(10));
                    if (last is not null) _ = last >> task;
                    last = task;
                }
            });
        }
        """);

    internal static (string File, string Code) Lattice(int chains, int length) => ("lattice.cs", $$"""
        public static class Lattice
        {
            {{Fibo}}

            public static Dag Dag { get; } = Dag.Build("lattice", d =>
            {
                for (var chain = 0; chain < {{chains}}; chain++)
                {
                    Node? last = null;
                    for (var i = 0; i < {{length}}; i++)
                    {
                        var task = d.Task($"chain_{chain}_fibo_{i}", () => Fibo(10));
                        if (last is not null) _ = last >> task;
                        last = task;
                    }
                }
            });
        }
        """);

    internal static (string File, string Code) Fanout(int tasks) => ("fanout.cs", $$"""
        public static class Fanout
        {
            public static Dag Dag { get; } = Dag.Build("fanout", d =>
            {
                var numbers = d.Task("numbers", () => Enumerable.Range(0, {{tasks}}).ToArray());
                d.Map("each", numbers, (int number) => { });
            });
        }
        """);

    /// <summary>DAGs that together fire at an even pace, one task each.</summary>
    internal static (string File, string Code) Firing(string file, int first, int count, TimeSpan period, TimeSpan apart, DateTimeOffset start) => (file, $$"""
        public static class {{Path.GetFileNameWithoutExtension(file)}}
        {
            public static IEnumerable<Dag> Dags { get; } = Enumerable.Range({{first}}, {{count}}).Select(number => Dag.Build($"firing_{number}", d =>
            {
                d.Schedule = Schedule.Every(TimeSpan.FromTicks({{period.Ticks}}));
                d.StartDate = DateTimeOffset.Parse("{{start.ToString("O", CultureInfo.InvariantCulture)}}").AddTicks({{apart.Ticks}} * number);
                d.Catchup = true;
                d.Task("nothing", () => { });
            })).ToArray();
        }
        """);

    internal static (string File, string Code) Once() => ("once.cs", """
        public static class Once
        {
            public static Dag Dag { get; } = Dag.Build("once", d =>
            {
                d.Schedule = Schedule.Once;
                d.Task("hello", () => "hello");
            });
        }
        """);

    internal static (string File, string Code) Edited(int edit) => ("edited.cs", $$"""
        public static class Edited
        {
            public static Dag Dag { get; } = Dag.Build("edited", d => d.Task("answer", () => {{edit}}));
        }
        """);
}
