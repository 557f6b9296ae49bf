namespace Millrace.Runs;

/// <summary>One task of a run: its single instance, or once it is mapped out its instances, counted by state.</summary>
sealed class TaskCell
{
    readonly int[] counts = new int[(int)TaskState.Removed + 1];
    readonly RunId run;
    readonly string task;
    TaskInstance single;
    TaskInstance[]? mapped;

    internal TaskCell(RunId run, string task)
    {
        (this.run, this.task) = (run, task);
        single = new TaskInstance(new InstanceId(run, task, InstanceId.Unmapped));
        Recount();
    }

    /// <summary>The instance of an unmapped task, or what stands for a mapped one until its length is known.</summary>
    internal TaskInstance Single => single;
    internal bool IsExpanded => mapped is not null;
    internal ReadOnlySpan<TaskInstance> Instances => mapped is null ? new ReadOnlySpan<TaskInstance>(in single) : mapped;
    internal int Unfinished { get; private set; }
    internal int Count(TaskState state) => counts[(int)state];

    internal void Restore(IEnumerable<TaskInstance> stored)
    {
        var all = stored.OrderBy(instance => instance.Id.MapIndex).ToArray();
        if (all.Length == 0) return;
        if (all[0].Id.MapIndex == InstanceId.Unmapped) single = all[0];
        else mapped = all;
        Recount();
    }

    internal TaskInstance[] Expand(int length)
    {
        mapped = new TaskInstance[length];
        for (var index = 0; index < length; index++)
            mapped[index] = new TaskInstance(new InstanceId(run, task, index)) { Attempt = single.Attempt, ForgivenAttempts = single.Attempt };
        Recount();
        return mapped;
    }

    /// <summary>Back to the placeholder: what the task is mapped over will be made anew.</summary>
    internal TaskInstance Collapse()
    {
        // Attempts are numbered on from there: a number that came twice would overwrite the record and the log of the first.
        var attempts = mapped!.Max(instance => instance.Attempt);
        mapped = null;
        single = new TaskInstance(new InstanceId(run, task, InstanceId.Unmapped)) { Attempt = attempts, ForgivenAttempts = attempts };
        Recount();
        return single;
    }

    internal TaskInstance? Find(int mapIndex) =>
        mapped is null ? (mapIndex == InstanceId.Unmapped ? single : null)
        : (uint)mapIndex < (uint)mapped.Length ? mapped[mapIndex] : null;

    internal void Moved(TaskState from, TaskState to)
    {
        counts[(int)from]--;
        counts[(int)to]++;
        Unfinished += (from.IsFinished() ? 1 : 0) - (to.IsFinished() ? 1 : 0);
    }

    internal void CountInto(ref UpstreamCounts total, bool isSetup)
    {
        for (var state = 0; state < counts.Length; state++)
            if (counts[state] > 0) total.Add((TaskState)state, counts[state], isSetup);
    }

    void Recount()
    {
        Array.Clear(counts);
        Unfinished = 0;
        foreach (var instance in Instances)
        {
            counts[(int)instance.State]++;
            if (!instance.State.IsFinished()) Unfinished++;
        }
    }
}
