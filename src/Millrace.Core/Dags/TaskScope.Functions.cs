namespace Millrace.Dags;

// A C# function as a task: with or without a TaskContext, up to four inputs, with or without a result, sync or async.
// One line each, all alike: read the first block and you know the others.
public abstract partial class TaskScope
{
    /// <summary>Declares a task that runs a function; its parameters are the inputs' results, after a <see cref="TaskContext"/> if it wants one.</summary>
    public TaskHandle<TR> Task<TR>(string id, Func<TR> function, TaskOptions? options = null) => Returns(id, options, [], (_, _) => function());
    public TaskHandle<TR> Task<TR>(string id, Func<Task<TR>> function, TaskOptions? options = null) => ReturnsAsync(id, options, [], (_, _) => function());
    public TaskHandle Task(string id, Action function, TaskOptions? options = null) => Does(id, options, [], (_, _) => function());
    public TaskHandle Task(string id, Func<Task> function, TaskOptions? options = null) => DoesAsync(id, options, [], (_, _) => function());
    public TaskHandle<TR> Task<TR>(string id, Func<TaskContext, TR> function, TaskOptions? options = null) => Returns(id, options, [], (c, _) => function(c));
    public TaskHandle<TR> Task<TR>(string id, Func<TaskContext, Task<TR>> function, TaskOptions? options = null) => ReturnsAsync(id, options, [], (c, _) => function(c));
    public TaskHandle Task(string id, Action<TaskContext> function, TaskOptions? options = null) => Does(id, options, [], (c, _) => function(c));
    public TaskHandle Task(string id, Func<TaskContext, Task> function, TaskOptions? options = null) => DoesAsync(id, options, [], (c, _) => function(c));

    public TaskHandle<TR> Task<T1, TR>(string id, IInput<T1> in1, Func<T1, TR> function, TaskOptions? options = null) => Returns(id, options, [in1], (_, v) => function(In<T1>(v, 0)));
    public TaskHandle<TR> Task<T1, TR>(string id, IInput<T1> in1, Func<T1, Task<TR>> function, TaskOptions? options = null) => ReturnsAsync(id, options, [in1], (_, v) => function(In<T1>(v, 0)));
    public TaskHandle Task<T1>(string id, IInput<T1> in1, Action<T1> function, TaskOptions? options = null) => Does(id, options, [in1], (_, v) => function(In<T1>(v, 0)));
    public TaskHandle Task<T1>(string id, IInput<T1> in1, Func<T1, Task> function, TaskOptions? options = null) => DoesAsync(id, options, [in1], (_, v) => function(In<T1>(v, 0)));
    public TaskHandle<TR> Task<T1, TR>(string id, IInput<T1> in1, Func<TaskContext, T1, TR> function, TaskOptions? options = null) => Returns(id, options, [in1], (c, v) => function(c, In<T1>(v, 0)));
    public TaskHandle<TR> Task<T1, TR>(string id, IInput<T1> in1, Func<TaskContext, T1, Task<TR>> function, TaskOptions? options = null) => ReturnsAsync(id, options, [in1], (c, v) => function(c, In<T1>(v, 0)));
    public TaskHandle Task<T1>(string id, IInput<T1> in1, Action<TaskContext, T1> function, TaskOptions? options = null) => Does(id, options, [in1], (c, v) => function(c, In<T1>(v, 0)));
    public TaskHandle Task<T1>(string id, IInput<T1> in1, Func<TaskContext, T1, Task> function, TaskOptions? options = null) => DoesAsync(id, options, [in1], (c, v) => function(c, In<T1>(v, 0)));

    public TaskHandle<TR> Task<T1, T2, TR>(string id, IInput<T1> in1, IInput<T2> in2, Func<T1, T2, TR> function, TaskOptions? options = null) => Returns(id, options, [in1, in2], (_, v) => function(In<T1>(v, 0), In<T2>(v, 1)));
    public TaskHandle<TR> Task<T1, T2, TR>(string id, IInput<T1> in1, IInput<T2> in2, Func<T1, T2, Task<TR>> function, TaskOptions? options = null) => ReturnsAsync(id, options, [in1, in2], (_, v) => function(In<T1>(v, 0), In<T2>(v, 1)));
    public TaskHandle Task<T1, T2>(string id, IInput<T1> in1, IInput<T2> in2, Action<T1, T2> function, TaskOptions? options = null) => Does(id, options, [in1, in2], (_, v) => function(In<T1>(v, 0), In<T2>(v, 1)));
    public TaskHandle Task<T1, T2>(string id, IInput<T1> in1, IInput<T2> in2, Func<T1, T2, Task> function, TaskOptions? options = null) => DoesAsync(id, options, [in1, in2], (_, v) => function(In<T1>(v, 0), In<T2>(v, 1)));
    public TaskHandle<TR> Task<T1, T2, TR>(string id, IInput<T1> in1, IInput<T2> in2, Func<TaskContext, T1, T2, TR> function, TaskOptions? options = null) => Returns(id, options, [in1, in2], (c, v) => function(c, In<T1>(v, 0), In<T2>(v, 1)));
    public TaskHandle<TR> Task<T1, T2, TR>(string id, IInput<T1> in1, IInput<T2> in2, Func<TaskContext, T1, T2, Task<TR>> function, TaskOptions? options = null) => ReturnsAsync(id, options, [in1, in2], (c, v) => function(c, In<T1>(v, 0), In<T2>(v, 1)));
    public TaskHandle Task<T1, T2>(string id, IInput<T1> in1, IInput<T2> in2, Action<TaskContext, T1, T2> function, TaskOptions? options = null) => Does(id, options, [in1, in2], (c, v) => function(c, In<T1>(v, 0), In<T2>(v, 1)));
    public TaskHandle Task<T1, T2>(string id, IInput<T1> in1, IInput<T2> in2, Func<TaskContext, T1, T2, Task> function, TaskOptions? options = null) => DoesAsync(id, options, [in1, in2], (c, v) => function(c, In<T1>(v, 0), In<T2>(v, 1)));

    public TaskHandle<TR> Task<T1, T2, T3, TR>(string id, IInput<T1> in1, IInput<T2> in2, IInput<T3> in3, Func<T1, T2, T3, TR> function, TaskOptions? options = null) => Returns(id, options, [in1, in2, in3], (_, v) => function(In<T1>(v, 0), In<T2>(v, 1), In<T3>(v, 2)));
    public TaskHandle<TR> Task<T1, T2, T3, TR>(string id, IInput<T1> in1, IInput<T2> in2, IInput<T3> in3, Func<T1, T2, T3, Task<TR>> function, TaskOptions? options = null) => ReturnsAsync(id, options, [in1, in2, in3], (_, v) => function(In<T1>(v, 0), In<T2>(v, 1), In<T3>(v, 2)));
    public TaskHandle Task<T1, T2, T3>(string id, IInput<T1> in1, IInput<T2> in2, IInput<T3> in3, Action<T1, T2, T3> function, TaskOptions? options = null) => Does(id, options, [in1, in2, in3], (_, v) => function(In<T1>(v, 0), In<T2>(v, 1), In<T3>(v, 2)));
    public TaskHandle Task<T1, T2, T3>(string id, IInput<T1> in1, IInput<T2> in2, IInput<T3> in3, Func<T1, T2, T3, Task> function, TaskOptions? options = null) => DoesAsync(id, options, [in1, in2, in3], (_, v) => function(In<T1>(v, 0), In<T2>(v, 1), In<T3>(v, 2)));
    public TaskHandle<TR> Task<T1, T2, T3, TR>(string id, IInput<T1> in1, IInput<T2> in2, IInput<T3> in3, Func<TaskContext, T1, T2, T3, TR> function, TaskOptions? options = null) => Returns(id, options, [in1, in2, in3], (c, v) => function(c, In<T1>(v, 0), In<T2>(v, 1), In<T3>(v, 2)));
    public TaskHandle<TR> Task<T1, T2, T3, TR>(string id, IInput<T1> in1, IInput<T2> in2, IInput<T3> in3, Func<TaskContext, T1, T2, T3, Task<TR>> function, TaskOptions? options = null) => ReturnsAsync(id, options, [in1, in2, in3], (c, v) => function(c, In<T1>(v, 0), In<T2>(v, 1), In<T3>(v, 2)));
    public TaskHandle Task<T1, T2, T3>(string id, IInput<T1> in1, IInput<T2> in2, IInput<T3> in3, Action<TaskContext, T1, T2, T3> function, TaskOptions? options = null) => Does(id, options, [in1, in2, in3], (c, v) => function(c, In<T1>(v, 0), In<T2>(v, 1), In<T3>(v, 2)));
    public TaskHandle Task<T1, T2, T3>(string id, IInput<T1> in1, IInput<T2> in2, IInput<T3> in3, Func<TaskContext, T1, T2, T3, Task> function, TaskOptions? options = null) => DoesAsync(id, options, [in1, in2, in3], (c, v) => function(c, In<T1>(v, 0), In<T2>(v, 1), In<T3>(v, 2)));

    public TaskHandle<TR> Task<T1, T2, T3, T4, TR>(string id, IInput<T1> in1, IInput<T2> in2, IInput<T3> in3, IInput<T4> in4, Func<T1, T2, T3, T4, TR> function, TaskOptions? options = null) => Returns(id, options, [in1, in2, in3, in4], (_, v) => function(In<T1>(v, 0), In<T2>(v, 1), In<T3>(v, 2), In<T4>(v, 3)));
    public TaskHandle<TR> Task<T1, T2, T3, T4, TR>(string id, IInput<T1> in1, IInput<T2> in2, IInput<T3> in3, IInput<T4> in4, Func<T1, T2, T3, T4, Task<TR>> function, TaskOptions? options = null) => ReturnsAsync(id, options, [in1, in2, in3, in4], (_, v) => function(In<T1>(v, 0), In<T2>(v, 1), In<T3>(v, 2), In<T4>(v, 3)));
    public TaskHandle Task<T1, T2, T3, T4>(string id, IInput<T1> in1, IInput<T2> in2, IInput<T3> in3, IInput<T4> in4, Action<T1, T2, T3, T4> function, TaskOptions? options = null) => Does(id, options, [in1, in2, in3, in4], (_, v) => function(In<T1>(v, 0), In<T2>(v, 1), In<T3>(v, 2), In<T4>(v, 3)));
    public TaskHandle Task<T1, T2, T3, T4>(string id, IInput<T1> in1, IInput<T2> in2, IInput<T3> in3, IInput<T4> in4, Func<T1, T2, T3, T4, Task> function, TaskOptions? options = null) => DoesAsync(id, options, [in1, in2, in3, in4], (_, v) => function(In<T1>(v, 0), In<T2>(v, 1), In<T3>(v, 2), In<T4>(v, 3)));
    public TaskHandle<TR> Task<T1, T2, T3, T4, TR>(string id, IInput<T1> in1, IInput<T2> in2, IInput<T3> in3, IInput<T4> in4, Func<TaskContext, T1, T2, T3, T4, TR> function, TaskOptions? options = null) => Returns(id, options, [in1, in2, in3, in4], (c, v) => function(c, In<T1>(v, 0), In<T2>(v, 1), In<T3>(v, 2), In<T4>(v, 3)));
    public TaskHandle<TR> Task<T1, T2, T3, T4, TR>(string id, IInput<T1> in1, IInput<T2> in2, IInput<T3> in3, IInput<T4> in4, Func<TaskContext, T1, T2, T3, T4, Task<TR>> function, TaskOptions? options = null) => ReturnsAsync(id, options, [in1, in2, in3, in4], (c, v) => function(c, In<T1>(v, 0), In<T2>(v, 1), In<T3>(v, 2), In<T4>(v, 3)));
    public TaskHandle Task<T1, T2, T3, T4>(string id, IInput<T1> in1, IInput<T2> in2, IInput<T3> in3, IInput<T4> in4, Action<TaskContext, T1, T2, T3, T4> function, TaskOptions? options = null) => Does(id, options, [in1, in2, in3, in4], (c, v) => function(c, In<T1>(v, 0), In<T2>(v, 1), In<T3>(v, 2), In<T4>(v, 3)));
    public TaskHandle Task<T1, T2, T3, T4>(string id, IInput<T1> in1, IInput<T2> in2, IInput<T3> in3, IInput<T4> in4, Func<TaskContext, T1, T2, T3, T4, Task> function, TaskOptions? options = null) => DoesAsync(id, options, [in1, in2, in3, in4], (c, v) => function(c, In<T1>(v, 0), In<T2>(v, 1), In<T3>(v, 2), In<T4>(v, 3)));
}
