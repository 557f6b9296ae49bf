using System.Runtime.CompilerServices;

namespace Millrace.Dags;

/// <summary>A directed graph of tasks with a schedule: its description, and in this process its code. Immutable.</summary>
public sealed class Dag
{
    readonly IReadOnlyDictionary<string, TaskCode> code;

    internal Dag(DagSpec spec, IReadOnlyDictionary<string, TaskCode> code, IReadOnlyDictionary<CallbackKinds, Callback> callbacks)
    {
        Spec = spec;
        this.code = code;
        Callbacks = callbacks;
    }

    public string Name => Spec.Name;
    public DagSpec Spec { get; }

    /// <summary>Of the spec, as hexadecimal digits: two Dags that say the same have the same.</summary>
    public string ContentHash => field ??= DagJson.Hash(Spec);

    /// <summary>What a run may be triggered with, as a JSON schema (draft 2020-12).</summary>
    public string ParamSchema => Dags.ParamSchema.Of(Spec);

    internal IReadOnlyDictionary<CallbackKinds, Callback> Callbacks { get; }

    /// <summary>The file that built it, as its compiler saw it; the folder of relative scripts.</summary>
    internal string? SourceFile { get; init; }
    internal int SourceLine { get; init; }

    internal TaskCode CodeOf(string task) => code.TryGetValue(task, out var found) ? found
        : throw new DagException($"Dag '{Name}' has no task '{task}'{Nearest.Hint(task, code.Keys)}.");

    /// <summary>The same Dag with other code in some tasks.</summary>
    internal Dag WithCode(Func<TaskSpec, TaskCode, TaskCode> change) =>
        new(Spec, Spec.Tasks.Where(task => code.ContainsKey(task.Id)).ToDictionary(task => task.Id, task => change(task, code[task.Id])), Callbacks) { SourceFile = SourceFile, SourceLine = SourceLine };

    /// <summary>Builds a Dag; <paramref name="build"/> declares its settings and tasks and runs none of them.</summary>
    /// <param name="name">Letters, digits, <c>_</c>, <c>-</c> and <c>.</c>, at most 250.</param>
    /// <exception cref="DagException">The Dag can't be as declared.</exception>
    public static Dag Build(string name, Action<DagBuilder> build, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(build);
        try
        {
            Names.Check("Dag", name, name);
            var draft = new DagDraft(name);
            var builder = new DagBuilder(draft);
            build(builder);
            return draft.Complete(builder, file, line);
        }
        catch (DagException e) when (e.SourceFile is null)
        {
            e.SourceFile = file;
            e.SourceLine = line;
            throw;
        }
    }

    public override string ToString() => Name;
}

static class Names
{
    const int MaxLength = 250;

    internal static void Check(string kind, string? name, string? dag)
    {
        var of = dag is null || ReferenceEquals(dag, name) ? "" : $" of Dag '{dag}'";
        if (string.IsNullOrEmpty(name))
            throw new DagException($"A {kind.ToLowerInvariant()}{of} has an empty name. Give it one.");
        if (name.Length > MaxLength)
            throw new DagException($"{kind} '{name[..40]}...'{of} has a name of {name.Length} characters. Use at most {MaxLength}.");
        foreach (var c in name)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.'))
                throw new DagException($"{kind} '{name}'{of} has a '{c}' in its name. Use letters, digits, '_', '-' and '.'.");
    }
}
