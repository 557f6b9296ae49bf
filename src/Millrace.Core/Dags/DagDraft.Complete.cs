using Millrace.Scheduling;

namespace Millrace.Dags;

// From what was declared to the spec and the code: defaults filled in, values checked.
sealed partial class DagDraft
{
    public Dag Complete(DagBuilder settings, string file, int line)
    {
        ResolveEdges();
        Check("MaxActiveRuns", settings.MaxActiveRuns >= 1, settings.MaxActiveRuns, "Use 1 or more.");
        Check("MaxActiveTasks", settings.MaxActiveTasks is null or >= 1, settings.MaxActiveTasks, "Use 1 or more, or null for no limit.");
        Check("RunTimeout", settings.RunTimeout is null || settings.RunTimeout > TimeSpan.Zero, settings.RunTimeout, "Use a positive time, or null for none.");
        Check("Deadline", settings.Deadline is null || settings.Deadline > TimeSpan.Zero, settings.Deadline, "Use a positive time, or null for none.");
        Check("EndDate", settings.EndDate is null || settings.StartDate is null || settings.EndDate >= settings.StartDate, settings.EndDate, "It is before StartDate; swap them.");
        if (settings.Schedule != Schedule.Manual && Params.Find(p => p.Default is null) is { } required)
            throw new DagException($"Dag '{name}' has a schedule ({settings.Schedule.Describe()}), but nobody is there to give its required param '{required.Name}'. Declare it by d.Param with a default, or leave the schedule out.");

        var callbacks = settings.Callbacks;
        var spec = new DagSpec
        {
            Name = name,
            Description = settings.Description,
            Docs = settings.Docs,
            Owner = settings.Owner,
            Tags = [.. settings.Tags],
            Schedule = settings.Schedule,
            StartDate = settings.StartDate,
            EndDate = settings.EndDate,
            Catchup = settings.Catchup,
            MaxActiveRuns = settings.MaxActiveRuns,
            MaxActiveTasks = settings.MaxActiveTasks,
            RunTimeout = settings.RunTimeout,
            Deadline = settings.Deadline,
            Params = [.. Params],
            Tasks = [.. tasks.Select(t => Spec(t, Merged(t.Options, settings.Defaults), settings))],
            Groups = [.. groups.Select(g => new GroupSpec { Id = g.Id, Parent = g.Group?.Id, Docs = g.Docs, Map = g.Map?.Spec })],
            Callbacks = callbacks.Keys.Aggregate(CallbackKinds.None, (all, kind) => all | kind),
        };
        var code = tasks.ToDictionary(t => t.Id, t => Code(t, Merged(t.Options, settings.Defaults)), StringComparer.Ordinal);
        return Dag = new(spec, code, callbacks) { SourceFile = file.Length == 0 ? null : file, SourceLine = line };
    }

    void Check(string setting, bool isGood, object? value, string remedy)
    {
        if (!isGood) throw new DagException($"Dag '{name}' has {setting} = {value}. {remedy}");
    }

    void Check(TaskDraft task, string setting, bool isGood, object? value, string remedy)
    {
        if (!isGood) throw new DagException($"Task '{task.Id}' of Dag '{name}' has {setting} = {value}. {remedy}");
    }

    static TaskOptions Merged(TaskOptions own, TaskOptions defaults) => new()
    {
        Retry = own.Retry ?? defaults.Retry,
        Timeout = own.Timeout ?? defaults.Timeout,
        Pool = own.Pool ?? defaults.Pool,
        Slots = own.Slots ?? defaults.Slots,
        Priority = own.Priority ?? defaults.Priority,
        MaxActive = own.MaxActive ?? defaults.MaxActive,
        DependsOnPast = own.DependsOnPast ?? defaults.DependsOnPast,
        TriggerRule = own.TriggerRule ?? defaults.TriggerRule,
        Deadline = own.Deadline ?? defaults.Deadline,
        Owner = own.Owner ?? defaults.Owner,
        Tags = own.Tags ?? defaults.Tags,
        Docs = own.Docs ?? defaults.Docs,
        Produces = own.Produces ?? defaults.Produces,
        OnSuccess = own.OnSuccess ?? defaults.OnSuccess,
        OnFailure = own.OnFailure ?? defaults.OnFailure,
        OnRetry = own.OnRetry ?? defaults.OnRetry,
        OnMissedDeadline = own.OnMissedDeadline ?? defaults.OnMissedDeadline,
    };

    TaskSpec Spec(TaskDraft task, TaskOptions options, DagBuilder settings)
    {
        Check(task, "Slots", options.Slots is null or >= 1, options.Slots, "Use 1 or more.");
        Check(task, "Priority", options.Priority is null or >= 0, options.Priority, "Use 0 or more; higher goes first.");
        Check(task, "MaxActive", options.MaxActive is null or >= 1, options.MaxActive, "Use 1 or more, or null for no limit.");
        Check(task, "Timeout", options.Timeout is null || options.Timeout > TimeSpan.Zero, options.Timeout, "Use a positive time, or null for none.");
        Check(task, "Deadline", options.Deadline is null || options.Deadline > TimeSpan.Zero, options.Deadline, "Use a positive time, or null for none.");
        Check(task, "Pool", options.Pool is null || !string.IsNullOrWhiteSpace(options.Pool), "''", "Name a pool.");
        Check(task, "every", task.Sensor is null || task.Sensor.Interval > TimeSpan.Zero, task.Sensor?.Interval, "Use a positive time between two looks.");
        Check(task, "timeout", task.Sensor is null || task.Sensor.Timeout > TimeSpan.Zero, task.Sensor?.Timeout, "Use a positive time.");
        if (task is { IsSetup: true, IsTeardown: true })
            throw new DagException($"Task '{task.Id}' of Dag '{name}' is both a setup and a teardown. Make it one of them.");

        return new()
        {
            Id = task.Id,
            Kind = task.Kind,
            Group = task.Group?.Id,
            Upstream = [.. task.Upstream.Select(t => t.Id)],
            Inputs = [.. task.Inputs.Select(i => new InputSpec(i.Kind, i.Task?.Id))],
            Map = task.Map?.Spec,
            TriggerRule = task.Options.TriggerRule ?? (task.IsTeardown ? TriggerRule.AllDoneSetupSuccess : options.TriggerRule ?? TriggerRule.AllSuccess),
            Retry = options.Retry ?? Retry.None,
            Timeout = options.Timeout,
            Pool = options.Pool ?? TaskSpec.DefaultPool,
            Slots = options.Slots ?? 1,
            Priority = options.Priority ?? 0,
            MaxActive = options.MaxActive,
            DependsOnPast = options.DependsOnPast ?? false,
            Deadline = options.Deadline,
            Owner = options.Owner ?? settings.Owner,
            Tags = [.. options.Tags ?? []],
            Docs = options.Docs,
            Produces = [.. (options.Produces ?? []).Select(a => a.Name)],
            Callbacks = (options.OnSuccess is null ? 0 : CallbackKinds.Success)
                | (options.OnFailure is null ? 0 : CallbackKinds.Failure)
                | (options.OnRetry is null ? 0 : CallbackKinds.Retry)
                | (options.OnMissedDeadline is null ? 0 : CallbackKinds.MissedDeadline),
            IsSetup = task.IsSetup,
            IsTeardown = task.IsTeardown,
            FailsRun = task.FailsRun,
            Command = task.CommandText,
            Sensor = task.Sensor,
            Trigger = task.Trigger,
            RespectsTriggerRules = task.RespectsTriggerRules,
        };
    }

    static TaskCode Code(TaskDraft task, TaskOptions options) => new()
    {
        Body = task.Body,
        Condition = task.Condition,
        Command = task.Command,
        InputTypes = [.. task.Inputs.Select(i => i.Type)],
        MapItems = task.Map?.Items ?? task.MappedGroup?.Map!.Items,
        ResultType = task.ResultType,
        RetryIf = options.Retry?.If,
        OnSuccess = options.OnSuccess,
        OnFailure = options.OnFailure,
        OnRetry = options.OnRetry,
        OnMissedDeadline = options.OnMissedDeadline,
    };
}
