using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Dags;
using Millrace.Execution;

namespace Millrace.Core.Tests.Dags;

/// <summary>Calls the code of a Dag's tasks, one by one, the way an executor does.</summary>
static class Bodies
{
    internal static ValueTask<object?> Call(this Dag dag, string task, params object?[] inputs) =>
        dag.CodeOf(task).Body!(Context(dag, task), inputs);

    internal static TaskContext Context(Dag dag, string task = "task", ITaskHost? host = null, string? @params = null) => new(host ?? new Results())
    {
        DagName = dag.Name,
        RunId = "manual__2026-11-21T06:00:00Z",
        TaskId = task,
        LogicalTime = new(2026, 11, 21, 6, 0, 0, TimeSpan.Zero),
        DataInterval = new(new(2026, 11, 20, 6, 0, 0, TimeSpan.Zero), new(2026, 11, 21, 6, 0, 0, TimeSpan.Zero)),
        Params = ParamSet.Resolve(dag.Name, dag.Spec.Params, @params),
        Logger = NullLogger.Instance,
    };

    internal static TaskSpec TaskOf(this Dag dag, string id) => dag.Spec.Tasks.Single(t => t.Id == id);

    internal static string[] UpstreamOf(this Dag dag, string id) => [.. dag.TaskOf(id).Upstream];

    internal static string Message(Action<DagBuilder> build) => Assert.Throws<DagException>(() => Dag.Build("orders", build)).Message;
}

/// <summary>Results and variables that a test lays out.</summary>
sealed class Results : Dictionary<string, object?>, ITaskHost
{
    public ValueTask<object?> ResultAsync(string task, Type type, CancellationToken cancellation) => new(this[task]);
    public ValueTask<string?> VariableAsync(string name, CancellationToken cancellation) => new(TryGetValue(name, out var value) ? (string?)value : null);
    public string NewFile(string name) => Path.Combine("results", name);
    public HomeFolder Home { get; } = new(Path.GetTempPath());
}
