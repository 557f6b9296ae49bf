using System.Globalization;
using System.Text.Json;
using Millrace.Runs;

namespace Millrace.Execution;

/// <summary>The environment that a command finds its run in.</summary>
static class CommandVariables
{
    /// <summary>Marks what an attempt started, so that it can be found when its worker died.</summary>
    internal const string Lease = "MILLRACE_LEASE";

    internal static IReadOnlyDictionary<string, string> Of(Assignment assignment, string resultFile)
    {
        var instance = assignment.Attempt.Instance;
        var variables = new Dictionary<string, string>
        {
            ["MILLRACE_RUN_ID"] = assignment.RunKey,
            ["MILLRACE_DAG"] = assignment.Dag,
            ["MILLRACE_TASK"] = instance.Task,
            ["MILLRACE_LOGICAL_TIME"] = Iso(assignment.LogicalTime),
            ["MILLRACE_INTERVAL_START"] = Iso(assignment.IntervalStart),
            ["MILLRACE_INTERVAL_END"] = Iso(assignment.IntervalEnd),
            ["MILLRACE_ATTEMPT"] = assignment.Try.ToString(CultureInfo.InvariantCulture),
            ["MILLRACE_RESULT_FILE"] = resultFile,
            [Lease] = assignment.Attempt.Lease.ToString("N"),
        };
        if (instance.MapIndex != InstanceId.Unmapped) variables["MILLRACE_MAP_INDEX"] = instance.MapIndex.ToString(CultureInfo.InvariantCulture);
        if (assignment.Params is "{}" or "") return variables;
        using var parameters = JsonDocument.Parse(assignment.Params);
        foreach (var parameter in parameters.RootElement.EnumerateObject())
            variables["MILLRACE_PARAM_" + Name(parameter.Name)] = parameter.Value.ValueKind == JsonValueKind.String
                ? parameter.Value.GetString()!
                : parameter.Value.GetRawText();
        return variables;
    }

    static string Name(string parameter) =>
        string.Concat(parameter.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_'));

    static string Iso(DateTimeOffset at) => at.UtcDateTime.ToString(at.Ticks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-ddTHH:mm:ssZ" : "yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);
}
