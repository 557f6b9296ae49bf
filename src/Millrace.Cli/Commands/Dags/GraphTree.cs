using Millrace.Cli.Output;
using Millrace.Dags;
using Spectre.Console;
using Text = Millrace.Cli.Output.Text;

namespace Millrace.Cli.Commands;

/// <summary>A graph as a tree: each task once, under the last of the tasks it waits for; the others are named beside it.</summary>
static class GraphTree
{
    internal static void Write(Terminal terminal, DagSpec spec) => terminal.Write(Build(spec, Describe));

    internal static Tree Build(DagSpec spec, Func<TaskSpec, string> describe)
    {
        var tree = new Tree($"[bold]{Markup.Escape(spec.Name)}[/]  {Text.Count(spec.Tasks.Count, "task")}") { Guide = TreeGuide.Line };
        var nodes = new Dictionary<string, TreeNode>(StringComparer.Ordinal);
        var depth = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var task in InOrder(spec))
        {
            var parent = task.Upstream.MaxBy(upstream => depth[upstream]);
            depth[task.Id] = parent is null ? 0 : depth[parent] + 1;
            var others = task.Upstream.Where(upstream => upstream != parent).ToList();
            var line = describe(task) + (others.Count == 0 ? "" : $"  [grey]also after {Markup.Escape(string.Join(", ", others))}[/]");
            nodes[task.Id] = parent is null ? tree.AddNode(line) : nodes[parent].AddNode(line);
        }
        return tree;
    }

    static string Describe(TaskSpec task)
    {
        var facts = new List<string>();
        if (task.Kind != TaskKind.Function) facts.Add(KindOf(task));
        if (task.Map is { } map) facts.Add(map.Task is { } source ? $"one per item of {source}" : $"{map.Length} instances");
        if (task.TriggerRule != TriggerRule.AllSuccess) facts.Add(JsonNamingPolicyOf(task.TriggerRule));
        if (task.IsSetup) facts.Add("setup");
        if (task.IsTeardown) facts.Add("teardown");
        if (task.Retry.Count > 0) facts.Add(task.Retry.Count == 1 ? "1 retry" : $"{task.Retry.Count} retries");
        if (task.Timeout is { } timeout) facts.Add($"timeout {Text.Of(timeout)}");
        if (task.Pool != TaskSpec.DefaultPool) facts.Add($"pool {task.Pool}");
        if (task.Produces.Count > 0) facts.Add($"updates {string.Join(", ", task.Produces)}");
        return Markup.Escape(task.Id) + (facts.Count == 0 ? "" : $"  [grey]{Markup.Escape(string.Join(" · ", facts))}[/]");
    }

    static string KindOf(TaskSpec task) => task.Kind switch
    {
        TaskKind.Shell or TaskKind.Script or TaskKind.Process => $"$ {OneLine(task.Command)}",
        TaskKind.ShortCircuit => "short-circuit",
        TaskKind.TriggerDag => $"triggers {task.Trigger?.Dag}{(task.Trigger?.Wait == true ? " and waits" : "")}",
        _ => task.Kind.ToString().ToLowerInvariant(),
    };

    static string OneLine(string? command)
    {
        var line = (command ?? "").Trim().ReplaceLineEndings(" ; ");
        return line.Length > 60 ? line[..57] + "..." : line;
    }

    static string JsonNamingPolicyOf(TriggerRule rule) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(rule.ToString());

    // Declared order, but nothing before what it waits for.
    internal static List<TaskSpec> InOrder(DagSpec spec)
    {
        var byId = spec.Tasks.ToDictionary(task => task.Id, StringComparer.Ordinal);
        var ordered = new List<TaskSpec>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<(TaskSpec Task, bool Ready)>();
        foreach (var root in spec.Tasks)
        {
            open.Push((root, false));
            // A stack of our own: a chain may be thousands of tasks long.
            while (open.TryPop(out var step))
            {
                if (step.Ready)
                {
                    ordered.Add(step.Task);
                    continue;
                }
                if (!seen.Add(step.Task.Id)) continue;
                open.Push((step.Task, true));
                foreach (var upstream in step.Task.Upstream.Reverse()) open.Push((byId[upstream], false));
            }
        }
        return ordered;
    }
}
