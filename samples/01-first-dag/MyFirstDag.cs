using Millrace.Dags;

namespace Millrace.Samples;

/// <summary>The smallest Dag there is: one task, once a day.</summary>
public static class MyFirstDag
{
    public static Dag Dag { get; } = Dag.Build("my_first_dag", d =>
    {
        d.Description = "Says hello once a day.";
        d.Owner = "millrace";
        d.Schedule = "@daily";
        d.StartDate = new DateTimeOffset(2022, 1, 1, 0, 0, 0, TimeSpan.Zero);
        // No runs for the days since 2022. This is the default; it is written here because elsewhere it is not.
        d.Catchup = false;
        d.Defaults = new() { Retry = Retry.Fixed(1, TimeSpan.FromMinutes(5)) };

        d.Task("print_hello", PrintHello);
    });

    // What a task returns is kept with the run, and other tasks can take it.
    static string PrintHello()
    {
        Console.WriteLine("Hello, Millrace!");
        return "Hello, Millrace!";
    }
}
