using Millrace.Dags;
using Millrace.Scheduling;

namespace Millrace.Samples;

/// <summary>Two shell commands, one after the other, every five seconds.</summary>
public static class SimpleExample
{
    public static Dag Dag { get; } = Dag.Build("simple_example", d =>
    {
        d.Description = "A simple example DAG";
        d.Owner = "me";
        d.Schedule = Schedule.Every(TimeSpan.FromSeconds(5));
        d.StartDate = new DateTimeOffset(2021, 7, 28, 0, 0, 0, TimeSpan.Zero);
        // A run that waits for its retry must not be overtaken by sixty others.
        d.MaxActiveRuns = 1;
        d.Defaults = new() { Retry = Retry.Fixed(1, TimeSpan.FromMinutes(5)) };

        var hello = d.Shell("print_hello", "echo \"Hello, Millrace!\"");
        var date = d.Shell("print_date", "date");

        _ = hello >> date;
    });
}
