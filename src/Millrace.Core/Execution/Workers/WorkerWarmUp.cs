using System.Text.Json;
using Millrace.Dags;
using Millrace.Runs;

namespace Millrace.Execution;

/// <summary>Runs a task that does nothing through all that a real one goes through, so that the first real one finds it compiled.</summary>
static class WorkerWarmUp
{
    internal static void Run()
    {
        var dag = Dag.Build("warm", d =>
        {
            var one = d.Task("one", () => 1);
            d.Task("two", one, i => i + 1);
        });
        // Nothing is written: a silent task makes no files and its result is small.
        var runner = new TaskRunner(new HomeFolder(Path.GetTempPath()), new OneResult(), TimeProvider.System, TimeSpan.Zero);
        for (var i = 0; i < 3; i++)
        {
            foreach (var task in (string[])["one", "two"])
            {
                var assignment = Through(new Assignment
                {
                    Kind = AssignmentKind.Task,
                    Attempt = new(new(new(Guid.NewGuid()), task, InstanceId.Unmapped), 1, Guid.NewGuid()),
                    Dag = dag.Name,
                    Version = "",
                    Bundle = "",
                    RunKey = "warm",
                    LogicalTime = default,
                    IntervalStart = default,
                    IntervalEnd = default,
                    Params = "{}",
                    Try = 1,
                    MaxTries = 1,
                });
                using var cancellation = new AttemptCancellation();
                var report = runner.RunAsync(dag, assignment, "warm", cancellation).AsTask().GetAwaiter().GetResult();
                var frames = new FrameWriter();
                frames.Add(FrameKind.Finished, report, FrameJson.Default.AttemptReport);
                frames.Add(FrameKind.Started, new LeaseFrame(report.Attempt.Lease), FrameJson.Default.LeaseFrame);
            }
        }
    }

    static Assignment Through(Assignment assignment)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(assignment, FrameJson.Default.Assignment);
        return FrameReader.Parse(json, FrameJson.Default.Assignment);
    }

    sealed class OneResult : ITaskServices
    {
        public ValueTask<ResultValue?> ReadResultAsync(InstanceId id, CancellationToken cancellation) =>
            new(new ResultValue("1"u8.ToArray(), null, 1, null, "System.Int32"));

        public ValueTask<IReadOnlyList<ResultRow>> ReadResultsAsync(RunId run, string task, CancellationToken cancellation) => new([]);
        public ValueTask<string?> ReadVariableAsync(string key, CancellationToken cancellation) => new((string?)null);
    }
}
