namespace Millrace.Dags;

/// <summary>What a task does, in the process that has the author's assembly. One of body, condition and command is set, or none for tasks without code.</summary>
sealed record TaskCode
{
    /// <summary>A function, branch (its result: the ids chosen, as string[]) or short-circuit (bool). The values are the task's inputs, in order.</summary>
    public Func<TaskContext, object?[], ValueTask<object?>>? Body { get; init; }
    /// <summary>One look of a sensor.</summary>
    public Func<TaskContext, object?[], ValueTask<bool>>? Condition { get; init; }
    /// <summary>The command line of a shell, script or process task.</summary>
    public Func<TaskContext, object?[], CommandLine>? Command { get; init; }

    /// <summary>What each input is read as; a collected one as IReadOnlyList of the instances' result type.</summary>
    public IReadOnlyList<Type> InputTypes { get; init; } = [];
    /// <summary>Of a task mapped over a literal list, or in a group that is.</summary>
    public IReadOnlyList<object?>? MapItems { get; init; }
    /// <summary>Null when the task returns nothing.</summary>
    public Type? ResultType { get; init; }

    public Func<Exception, bool>? RetryIf { get; init; }
    public Callback? OnSuccess { get; init; }
    public Callback? OnFailure { get; init; }
    public Callback? OnRetry { get; init; }
    public Callback? OnMissedDeadline { get; init; }

    public Callback? CallbackFor(CallbackKinds kind) => kind switch
    {
        CallbackKinds.Success => OnSuccess,
        CallbackKinds.Failure => OnFailure,
        CallbackKinds.Retry => OnRetry,
        CallbackKinds.MissedDeadline => OnMissedDeadline,
        _ => null,
    };
}

/// <summary>A program to run, ready to be started.</summary>
sealed record CommandLine(string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>Null: the Dag file's folder, or the process's own when that is gone.</summary>
    public string? WorkingDirectory { get; init; }
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
    /// <summary>The file whose text is the result; null: the last line of the output is.</summary>
    public string? ResultFile { get; init; }
    public int? SkipExitCode { get; init; }
}
