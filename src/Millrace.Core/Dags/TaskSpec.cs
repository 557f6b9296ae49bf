namespace Millrace.Dags;

public enum TaskKind
{
    Function,
    Shell,
    Script,
    Process,
    Empty,
    Branch,
    ShortCircuit,
    Sensor,
    TriggerDag,
}

/// <summary>A task as its author declared it, with the Dag's defaults filled in. Immutable.</summary>
public sealed record TaskSpec
{
    /// <summary>Unique in its Dag; inside groups, <c>group.task</c>.</summary>
    public required string Id { get; init; }
    public required TaskKind Kind { get; init; }
    public string? Group { get; init; }

    /// <summary>The tasks that this one waits for, in the order they were declared; data inputs are among them.</summary>
    public IReadOnlyList<string> Upstream { get; init; } = [];
    /// <summary>The results handed to the task's function, one per parameter.</summary>
    public IReadOnlyList<InputSpec> Inputs { get; init; } = [];
    /// <summary>Set on a mapped task: one instance per item.</summary>
    public MapSpec? Map { get; init; }

    public TriggerRule TriggerRule { get; init; }
    public Retry Retry { get; init; } = Retry.None;
    /// <summary>One attempt's time.</summary>
    public TimeSpan? Timeout { get; init; }
    public string Pool { get; init; } = DefaultPool;
    /// <summary>Slots of the pool that an instance takes.</summary>
    public int Slots { get; init; } = 1;
    /// <summary>Higher goes first.</summary>
    public int Priority { get; init; }
    /// <summary>Instances of this task that may be queued or running at once, over all runs; null: no limit.</summary>
    public int? MaxActive { get; init; }
    public bool DependsOnPast { get; init; }
    /// <summary>An instance still unfinished this long after its run's logical time has missed its deadline.</summary>
    public TimeSpan? Deadline { get; init; }
    public string? Owner { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];
    public string? Docs { get; init; }
    /// <summary>Names of the assets that a success of this task updates.</summary>
    public IReadOnlyList<string> Produces { get; init; } = [];
    public CallbackKinds Callbacks { get; init; }

    public bool IsSetup { get; init; }
    public bool IsTeardown { get; init; }
    /// <summary>Of a teardown: a failure fails the run.</summary>
    public bool FailsRun { get; init; }

    /// <summary>The command line, script path or program, for people to read; null for functions.</summary>
    public string? Command { get; init; }
    public SensorSpec? Sensor { get; init; }
    public TriggerDagSpec? Trigger { get; init; }
    /// <summary>Of a short-circuit: skips only the direct successors and lets trigger rules decide beyond them.</summary>
    public bool RespectsTriggerRules { get; init; }

    public const string DefaultPool = "default";
}

public enum InputKind
{
    /// <summary>The upstream task's result.</summary>
    Result,
    /// <summary>The results of all instances of a mapped upstream task, in the order of their map indexes.</summary>
    Collected,
    /// <summary>This instance's item of the list it is mapped over.</summary>
    Item,
}

/// <param name="Task">The task whose result is meant; null for an item of a literal list, which lives in the author's code.</param>
public sealed record InputSpec(InputKind Kind, string? Task);

/// <summary>What a task or a group is mapped over: another task's list, or a list of known length in the author's code.</summary>
public sealed record MapSpec(string? Task, int? Length);

/// <summary>A sensor looks at its condition every <see cref="Interval"/> and holds no worker in between.</summary>
public sealed record SensorSpec
{
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>From the first look on; then the sensor fails, or is skipped if <see cref="SoftFail"/>.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromDays(7);
    public bool SoftFail { get; init; }
}

/// <summary>Starts a run of another Dag; the task waits for its end, holding no worker, or not.</summary>
public sealed record TriggerDagSpec
{
    public required string Dag { get; init; }
    public bool Wait { get; init; }
    /// <summary>A JSON object.</summary>
    public string? Params { get; init; }
}
