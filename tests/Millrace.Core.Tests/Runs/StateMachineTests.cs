using Millrace.Runs;
using Xunit;

namespace Millrace.Core.Tests.Runs;

/// <summary>docs/states.md says what the two machines do: its tables and drawings are compared with them, cell by cell.</summary>
public sealed class StateMachineTests
{
    static readonly string[] Document = File.ReadAllLines(Path.Combine(Root(), "docs", "states.md"));

    [Fact]
    public void The_table_of_task_instances_is_the_machine() =>
        Compare<TaskState, TaskEvent>("Ready", TaskStates.Name, TaskStates.Next);

    [Fact]
    public void The_table_of_runs_is_the_machine() =>
        Compare<RunState, RunEvent>("Started", RunStates.Name, RunStates.Next);

    [Fact]
    public void Every_arrow_that_is_drawn_is_a_step_of_its_machine()
    {
        var arrows = Document.Where(line => line.Contains(" --> ", StringComparison.Ordinal) && line.Contains(": ", StringComparison.Ordinal)).ToArray();
        Assert.True(arrows.Length > 20);
        foreach (var arrow in arrows)
        {
            var parts = arrow.Split([" --> ", ": ", ","], StringSplitOptions.TrimEntries);
            var isTask = Enum.TryParse<TaskEvent>(parts[2], out var task) && IsStep(() => TaskStates.Next(TaskStates.Parse(parts[0]), task).Name() == parts[1]);
            var isRun = Enum.TryParse<RunEvent>(parts[2], out var run) && IsStep(() => RunStates.Next(RunStates.Parse(parts[0]), run).Name() == parts[1]);
            Assert.True(isTask || isRun, $"no machine has: {arrow.Trim()}");
        }
    }

    [Fact]
    public void Every_state_has_a_name_that_reads_back()
    {
        foreach (var state in Enum.GetValues<TaskState>()) Assert.Equal(state, TaskStates.Parse(state.Name()));
        foreach (var state in Enum.GetValues<RunState>()) Assert.Equal(state, RunStates.Parse(state.Name()));
        foreach (var state in Enum.GetValues<AttemptState>()) Assert.Equal(state, AttemptStates.Parse(state.Name()));
        Assert.Contains("up_for_retry", Assert.Throws<FormatException>(() => TaskStates.Parse("napping")).Message, StringComparison.Ordinal);
    }

    static void Compare<TState, TEvent>(string firstEvent, Func<TState, string> name, Func<TState, TEvent, TState> next) where TState : struct, Enum where TEvent : struct, Enum
    {
        var header = Array.FindIndex(Document, line => line.StartsWith($"| from | {firstEvent} ", StringComparison.Ordinal));
        var events = Cells(Document[header]).Skip(1).Select(Enum.Parse<TEvent>).ToArray();
        Assert.Equal(Enum.GetValues<TEvent>(), events);
        var rows = Document.Skip(header + 2).TakeWhile(line => line.StartsWith('|')).Select(Cells).ToArray();
        Assert.Equal(Enum.GetValues<TState>().Select(name), rows.Select(row => row[0]));
        foreach (var state in Enum.GetValues<TState>())
        {
            var row = rows.Single(row => row[0] == name(state));
            for (var column = 0; column < events.Length; column++)
            {
                var leads = "";
                IsStep(() => (leads = name(next(state, events[column]))).Length > 0);
                Assert.True(leads == row[column + 1], $"{row[0]} on {events[column]}: the machine says '{leads}', the document '{row[column + 1]}'");
            }
        }
    }

    static string[] Cells(string row) => [.. row.Trim('|').Split('|').Select(cell => cell.Trim())];

    static bool IsStep(Func<bool> step)
    {
        try
        {
            return step();
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Millrace.slnx"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
