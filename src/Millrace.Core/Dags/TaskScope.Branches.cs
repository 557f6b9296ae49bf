namespace Millrace.Dags;

// Tasks that choose what follows them.
public abstract partial class TaskScope
{
    /// <summary>
    /// Declares a task whose function names, by id, the task, tasks or groups directly behind it that the run goes on with;
    /// the others behind it are skipped. In a group the group's own name may be left out.
    /// </summary>
    public TaskHandle Branch(string id, Func<string> function, TaskOptions? options = null) => Chooses(id, options, [], (_, _) => One(function()));
    public TaskHandle Branch(string id, Func<IEnumerable<string>> function, TaskOptions? options = null) => Chooses(id, options, [], (_, _) => function());
    public TaskHandle Branch(string id, Func<Task<string>> function, TaskOptions? options = null) => ChoosesAsync(id, options, [], async (_, _) => One(await function().ConfigureAwait(false)));
    public TaskHandle Branch<TMany>(string id, Func<Task<TMany>> function, TaskOptions? options = null) where TMany : IEnumerable<string> => ChoosesAsync(id, options, [], async (_, _) => await function().ConfigureAwait(false));
    public TaskHandle Branch(string id, Func<TaskContext, string> function, TaskOptions? options = null) => Chooses(id, options, [], (c, _) => One(function(c)));
    public TaskHandle Branch(string id, Func<TaskContext, IEnumerable<string>> function, TaskOptions? options = null) => Chooses(id, options, [], (c, _) => function(c));
    public TaskHandle Branch(string id, Func<TaskContext, Task<string>> function, TaskOptions? options = null) => ChoosesAsync(id, options, [], async (c, _) => One(await function(c).ConfigureAwait(false)));
    public TaskHandle Branch<TMany>(string id, Func<TaskContext, Task<TMany>> function, TaskOptions? options = null) where TMany : IEnumerable<string> => ChoosesAsync(id, options, [], async (c, _) => await function(c).ConfigureAwait(false));

    public TaskHandle Branch<T1>(string id, IInput<T1> in1, Func<T1, string> function, TaskOptions? options = null) => Chooses(id, options, [in1], (_, v) => One(function(In<T1>(v, 0))));
    public TaskHandle Branch<T1>(string id, IInput<T1> in1, Func<T1, IEnumerable<string>> function, TaskOptions? options = null) => Chooses(id, options, [in1], (_, v) => function(In<T1>(v, 0)));
    public TaskHandle Branch<T1>(string id, IInput<T1> in1, Func<T1, Task<string>> function, TaskOptions? options = null) => ChoosesAsync(id, options, [in1], async (_, v) => One(await function(In<T1>(v, 0)).ConfigureAwait(false)));
    public TaskHandle Branch<T1, TMany>(string id, IInput<T1> in1, Func<T1, Task<TMany>> function, TaskOptions? options = null) where TMany : IEnumerable<string> => ChoosesAsync(id, options, [in1], async (_, v) => await function(In<T1>(v, 0)).ConfigureAwait(false));
    public TaskHandle Branch<T1>(string id, IInput<T1> in1, Func<TaskContext, T1, string> function, TaskOptions? options = null) => Chooses(id, options, [in1], (c, v) => One(function(c, In<T1>(v, 0))));
    public TaskHandle Branch<T1>(string id, IInput<T1> in1, Func<TaskContext, T1, IEnumerable<string>> function, TaskOptions? options = null) => Chooses(id, options, [in1], (c, v) => function(c, In<T1>(v, 0)));
    public TaskHandle Branch<T1>(string id, IInput<T1> in1, Func<TaskContext, T1, Task<string>> function, TaskOptions? options = null) => ChoosesAsync(id, options, [in1], async (c, v) => One(await function(c, In<T1>(v, 0)).ConfigureAwait(false)));
    public TaskHandle Branch<T1, TMany>(string id, IInput<T1> in1, Func<TaskContext, T1, Task<TMany>> function, TaskOptions? options = null) where TMany : IEnumerable<string> => ChoosesAsync(id, options, [in1], async (c, v) => await function(c, In<T1>(v, 0)).ConfigureAwait(false));

    public TaskHandle Branch<T1, T2>(string id, IInput<T1> in1, IInput<T2> in2, Func<T1, T2, string> function, TaskOptions? options = null) => Chooses(id, options, [in1, in2], (_, v) => One(function(In<T1>(v, 0), In<T2>(v, 1))));
    public TaskHandle Branch<T1, T2>(string id, IInput<T1> in1, IInput<T2> in2, Func<T1, T2, IEnumerable<string>> function, TaskOptions? options = null) => Chooses(id, options, [in1, in2], (_, v) => function(In<T1>(v, 0), In<T2>(v, 1)));
    public TaskHandle Branch<T1, T2>(string id, IInput<T1> in1, IInput<T2> in2, Func<T1, T2, Task<string>> function, TaskOptions? options = null) => ChoosesAsync(id, options, [in1, in2], async (_, v) => One(await function(In<T1>(v, 0), In<T2>(v, 1)).ConfigureAwait(false)));
    public TaskHandle Branch<T1, T2, TMany>(string id, IInput<T1> in1, IInput<T2> in2, Func<T1, T2, Task<TMany>> function, TaskOptions? options = null) where TMany : IEnumerable<string> => ChoosesAsync(id, options, [in1, in2], async (_, v) => await function(In<T1>(v, 0), In<T2>(v, 1)).ConfigureAwait(false));
    public TaskHandle Branch<T1, T2>(string id, IInput<T1> in1, IInput<T2> in2, Func<TaskContext, T1, T2, string> function, TaskOptions? options = null) => Chooses(id, options, [in1, in2], (c, v) => One(function(c, In<T1>(v, 0), In<T2>(v, 1))));
    public TaskHandle Branch<T1, T2>(string id, IInput<T1> in1, IInput<T2> in2, Func<TaskContext, T1, T2, IEnumerable<string>> function, TaskOptions? options = null) => Chooses(id, options, [in1, in2], (c, v) => function(c, In<T1>(v, 0), In<T2>(v, 1)));
    public TaskHandle Branch<T1, T2>(string id, IInput<T1> in1, IInput<T2> in2, Func<TaskContext, T1, T2, Task<string>> function, TaskOptions? options = null) => ChoosesAsync(id, options, [in1, in2], async (c, v) => One(await function(c, In<T1>(v, 0), In<T2>(v, 1)).ConfigureAwait(false)));
    public TaskHandle Branch<T1, T2, TMany>(string id, IInput<T1> in1, IInput<T2> in2, Func<TaskContext, T1, T2, Task<TMany>> function, TaskOptions? options = null) where TMany : IEnumerable<string> => ChoosesAsync(id, options, [in1, in2], async (c, v) => await function(c, In<T1>(v, 0), In<T2>(v, 1)).ConfigureAwait(false));

    /// <summary>Declares a task whose function says whether what follows runs; if not, all of it is skipped.</summary>
    /// <remarks>With <c>respectTriggerRules</c> only the direct successors are skipped, and trigger rules decide beyond them.</remarks>
    public TaskHandle ShortCircuit(string id, Func<bool> function, TaskOptions? options = null, bool respectTriggerRules = false) => Decides(id, options, [], respectTriggerRules, (_, _) => new(function()));
    public TaskHandle ShortCircuit(string id, Func<Task<bool>> function, TaskOptions? options = null, bool respectTriggerRules = false) => Decides(id, options, [], respectTriggerRules, async (_, _) => await function().ConfigureAwait(false));
    public TaskHandle ShortCircuit(string id, Func<TaskContext, bool> function, TaskOptions? options = null, bool respectTriggerRules = false) => Decides(id, options, [], respectTriggerRules, (c, _) => new(function(c)));
    public TaskHandle ShortCircuit(string id, Func<TaskContext, Task<bool>> function, TaskOptions? options = null, bool respectTriggerRules = false) => Decides(id, options, [], respectTriggerRules, async (c, _) => await function(c).ConfigureAwait(false));

    public TaskHandle ShortCircuit<T1>(string id, IInput<T1> in1, Func<T1, bool> function, TaskOptions? options = null, bool respectTriggerRules = false) => Decides(id, options, [in1], respectTriggerRules, (_, v) => new(function(In<T1>(v, 0))));
    public TaskHandle ShortCircuit<T1>(string id, IInput<T1> in1, Func<T1, Task<bool>> function, TaskOptions? options = null, bool respectTriggerRules = false) => Decides(id, options, [in1], respectTriggerRules, async (_, v) => await function(In<T1>(v, 0)).ConfigureAwait(false));
    public TaskHandle ShortCircuit<T1>(string id, IInput<T1> in1, Func<TaskContext, T1, bool> function, TaskOptions? options = null, bool respectTriggerRules = false) => Decides(id, options, [in1], respectTriggerRules, (c, v) => new(function(c, In<T1>(v, 0))));
    public TaskHandle ShortCircuit<T1>(string id, IInput<T1> in1, Func<TaskContext, T1, Task<bool>> function, TaskOptions? options = null, bool respectTriggerRules = false) => Decides(id, options, [in1], respectTriggerRules, async (c, v) => await function(c, In<T1>(v, 0)).ConfigureAwait(false));

    public TaskHandle ShortCircuit<T1, T2>(string id, IInput<T1> in1, IInput<T2> in2, Func<T1, T2, bool> function, TaskOptions? options = null, bool respectTriggerRules = false) => Decides(id, options, [in1, in2], respectTriggerRules, (_, v) => new(function(In<T1>(v, 0), In<T2>(v, 1))));
    public TaskHandle ShortCircuit<T1, T2>(string id, IInput<T1> in1, IInput<T2> in2, Func<T1, T2, Task<bool>> function, TaskOptions? options = null, bool respectTriggerRules = false) => Decides(id, options, [in1, in2], respectTriggerRules, async (_, v) => await function(In<T1>(v, 0), In<T2>(v, 1)).ConfigureAwait(false));
    public TaskHandle ShortCircuit<T1, T2>(string id, IInput<T1> in1, IInput<T2> in2, Func<TaskContext, T1, T2, bool> function, TaskOptions? options = null, bool respectTriggerRules = false) => Decides(id, options, [in1, in2], respectTriggerRules, (c, v) => new(function(c, In<T1>(v, 0), In<T2>(v, 1))));
    public TaskHandle ShortCircuit<T1, T2>(string id, IInput<T1> in1, IInput<T2> in2, Func<TaskContext, T1, T2, Task<bool>> function, TaskOptions? options = null, bool respectTriggerRules = false) => Decides(id, options, [in1, in2], respectTriggerRules, async (c, v) => await function(c, In<T1>(v, 0), In<T2>(v, 1)).ConfigureAwait(false));

    TaskHandle Chooses(string id, TaskOptions? options, IInput[] inputs, Func<TaskContext, object?[], IEnumerable<string>?> body) =>
        ChoosesAsync(id, options, inputs, (c, v) => System.Threading.Tasks.Task.FromResult(body(c, v)));

    TaskHandle ChoosesAsync(string id, TaskOptions? options, IInput[] inputs, Func<TaskContext, object?[], Task<IEnumerable<string>?>> body)
    {
        var draft = Draft;
        return new(draft, Add(id, options, inputs, async (c, v) => Choice.Check(draft.Dag!.Spec, c.TaskId, await body(c, v).ConfigureAwait(false) ?? []), typeof(string[]), TaskKind.Branch));
    }

    TaskHandle Decides(string id, TaskOptions? options, IInput[] inputs, bool respectTriggerRules, Func<TaskContext, object?[], ValueTask<object?>> body) =>
        new(Draft, Add(id, options, inputs, body, typeof(bool), TaskKind.ShortCircuit, respectTriggerRules));

    static string[] One(string? id) => id is null ? [] : [id];
}
