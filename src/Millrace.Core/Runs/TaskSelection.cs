using System.IO.Enumeration;
using Millrace.Dags;

namespace Millrace.Runs;

/// <summary>Which instances of a run a command is about.</summary>
sealed record TaskSelection
{
    /// <summary>Task ids, group ids or patterns with <c>*</c>; none means every task.</summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];
    public int? MapIndex { get; init; }
    public bool Upstream { get; init; }
    public bool Downstream { get; init; }
    /// <summary>Only those that failed, or could not run because of a failure.</summary>
    public bool OnlyFailed { get; init; }

    internal IReadOnlyList<TaskInstance> In(Run run)
    {
        var tasks = run.Graph.Tasks;
        var named = Tasks.Count == 0 ? tasks.Select(task => task.Id) : Tasks.SelectMany(pattern => Matching(run, tasks, pattern));
        return run.Select(named.Distinct(), MapIndex, Upstream, Downstream,
            OnlyFailed ? state => state is TaskState.Failed or TaskState.UpstreamFailed : null);
    }

    static string[] Matching(Run run, TaskSpec[] tasks, string pattern)
    {
        var found = tasks.Where(task => task.Id == pattern || task.Id.StartsWith(pattern + ".", StringComparison.Ordinal)
            || FileSystemName.MatchesSimpleExpression(pattern, task.Id, ignoreCase: false)).Select(task => task.Id).ToArray();
        return found.Length > 0 ? found
            : throw new CommandException($"Dag '{run.Row.Dag}' has no task '{pattern}'{Nearest.Hint(pattern, tasks.Select(task => task.Id))}");
    }
}

/// <summary>Which version of its Dag a run goes on with after it was cleared.</summary>
enum FollowVersion
{
    /// <summary>The one it started with.</summary>
    Own,
    /// <summary>The one in force now.</summary>
    Newest,
}
