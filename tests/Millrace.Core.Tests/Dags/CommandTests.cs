using Millrace.Dags;

namespace Millrace.Core.Tests.Dags;

public sealed class CommandTests
{
    static CommandLine Line(Action<DagBuilder> build, params object?[] inputs)
    {
        var dag = Dag.Build("commands", build);
        var task = dag.Spec.Tasks[^1].Id;
        return dag.CodeOf(task).Command!(Bodies.Context(dag, task), inputs);
    }

    [Fact]
    public void A_shell_command_runs_in_bash()
    {
        var line = Line(d => d.Shell("print_date", "date"));
        Assert.Equal(("bash", "-c date"), (line.Program, string.Join(' ', line.Arguments)));
        Assert.Equal(99, line.SkipExitCode);
    }

    [Fact]
    public void A_command_may_depend_on_the_run_and_on_inputs()
    {
        Assert.Equal(["-c", "echo 2026-11-21"], Line(d => d.Shell("x", c => $"echo {c.LogicalTime:yyyy-MM-dd}")).Arguments);
        Assert.Equal(["-c", "echo 3"], Line(d => d.Shell("x", d.Task("n", () => 3), n => $"echo {n}"), 3).Arguments);
        Assert.Equal(["-c", "echo 1 3"], Line(d => d.Shell("x", d.Task("n", () => 3), (c, n) => $"echo {c.Attempt} {n}"), 3).Arguments);
    }

    [Fact]
    public void Another_shell_is_named_in_the_options()
    {
        Assert.Equal("sh", Line(d => d.Shell("x", "date", new() { Shell = "sh" })).Program);
        Assert.Equal(["-NoProfile", "-NonInteractive", "-Command", "Get-Date"], Line(d => d.Shell("x", "Get-Date", new() { Shell = "pwsh" })).Arguments);
    }

    [Fact]
    public void A_script_runs_in_the_shell_of_its_kind()
    {
        var bash = Line(d => d.Script("etl", "scripts/temperature_etl.sh", ["casablanca"]));
        Assert.Equal(("bash", "scripts/temperature_etl.sh casablanca"), (bash.Program, string.Join(' ', bash.Arguments)));
        var pwsh = Line(d => d.Script("etl", "scripts/report.ps1", c => [c.RunId]));
        Assert.Equal(("pwsh", "scripts/report.ps1", "manual__2026-11-21T06:00:00Z"), (pwsh.Program, pwsh.Arguments[^2], pwsh.Arguments[^1]));
    }

    [Fact]
    public void A_programs_arguments_are_passed_as_they_are() =>
        Assert.Equal(["-c", "select 'a b'"], Line(d => d.Process("p", "psql", ["-c", "select 'a b'"])).Arguments);

    [Fact]
    public void A_command_learns_of_its_run_from_its_environment()
    {
        var line = Line(d => d.Shell("x", "env", new() { Environment = new Dictionary<string, string> { ["REGION"] = "eu" }, WorkingDirectory = "/tmp", ResultFile = "out.txt" }));
        Assert.Equal(("commands", "x", "1", "eu"), (line.Environment["MILLRACE_DAG"], line.Environment["MILLRACE_TASK"], line.Environment["MILLRACE_ATTEMPT"], line.Environment["REGION"]));
        Assert.Equal("2026-11-20T06:00:00.0000000+00:00", line.Environment["MILLRACE_INTERVAL_START"]);
        Assert.Equal(("/tmp", "out.txt"), (line.WorkingDirectory, line.ResultFile));
    }

    [Fact]
    public void The_spec_shows_commands_that_are_fixed_and_their_result_is_a_text()
    {
        var dag = Dag.Build("shown", d =>
        {
            TaskHandle<string> a = d.Shell("a", "date");
            d.Process("b", "psql", ["-l"]);
            d.Shell("c", c => "date");
        });
        Assert.Equal(["date", "psql -l", null], dag.Spec.Tasks.Select(t => t.Command));
        Assert.Equal([TaskKind.Shell, TaskKind.Process, TaskKind.Shell], dag.Spec.Tasks.Select(t => t.Kind));
        Assert.Equal(typeof(string), dag.CodeOf("a").ResultType);
    }

    [Fact]
    public void Options_of_tasks_are_options_of_commands_too() =>
        Assert.Equal("db", Dag.Build("pooled", d => d.Shell("a", "date", new() { Pool = "db" })).TaskOf("a").Pool);

    [Fact]
    public void An_empty_command_is_refused() =>
        Assert.Equal("Task 'a' of Dag 'orders' has an empty command. Write what it runs, or use d.Empty.", Bodies.Message(d => d.Shell("a", " ")));
}
