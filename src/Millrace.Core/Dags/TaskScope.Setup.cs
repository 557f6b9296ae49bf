namespace Millrace.Dags;

// Setups and teardowns with functions; any other task becomes one by AsSetup and AsTeardown.
public abstract partial class TaskScope
{
    /// <summary>Declares a task that prepares something which a teardown takes away again.</summary>
    public TaskHandle<TR> Setup<TR>(string id, Func<TR> function, TaskOptions? options = null) => Task(id, function, options).AsSetup();
    public TaskHandle<TR> Setup<TR>(string id, Func<Task<TR>> function, TaskOptions? options = null) => Task(id, function, options).AsSetup();
    public TaskHandle Setup(string id, Action function, TaskOptions? options = null) => Task(id, function, options).AsSetup();
    public TaskHandle Setup(string id, Func<Task> function, TaskOptions? options = null) => Task(id, function, options).AsSetup();
    public TaskHandle<TR> Setup<TR>(string id, Func<TaskContext, TR> function, TaskOptions? options = null) => Task(id, function, options).AsSetup();
    public TaskHandle<TR> Setup<TR>(string id, Func<TaskContext, Task<TR>> function, TaskOptions? options = null) => Task(id, function, options).AsSetup();
    public TaskHandle Setup(string id, Action<TaskContext> function, TaskOptions? options = null) => Task(id, function, options).AsSetup();
    public TaskHandle Setup(string id, Func<TaskContext, Task> function, TaskOptions? options = null) => Task(id, function, options).AsSetup();

    /// <summary>Declares a task that cleans up: it runs once everything before it has ended and its setups succeeded; its failure leaves the run's outcome alone unless <paramref name="failsRun"/>.</summary>
    public TaskHandle Teardown(string id, Action function, Node? setups = null, bool failsRun = false, TaskOptions? options = null) => Task(id, function, options).AsTeardown(setups, failsRun);
    public TaskHandle Teardown(string id, Func<Task> function, Node? setups = null, bool failsRun = false, TaskOptions? options = null) => Task(id, function, options).AsTeardown(setups, failsRun);
    public TaskHandle Teardown(string id, Action<TaskContext> function, Node? setups = null, bool failsRun = false, TaskOptions? options = null) => Task(id, function, options).AsTeardown(setups, failsRun);
    public TaskHandle Teardown(string id, Func<TaskContext, Task> function, Node? setups = null, bool failsRun = false, TaskOptions? options = null) => Task(id, function, options).AsTeardown(setups, failsRun);

    /// <summary>A teardown that takes what its setup returned.</summary>
    public TaskHandle Teardown<T>(string id, TaskHandle<T> setup, Action<T> function, bool failsRun = false, TaskOptions? options = null) => Task(id, setup, function, options).AsTeardown(setup, failsRun);
    public TaskHandle Teardown<T>(string id, TaskHandle<T> setup, Func<T, Task> function, bool failsRun = false, TaskOptions? options = null) => Task(id, setup, function, options).AsTeardown(setup, failsRun);
    public TaskHandle Teardown<T>(string id, TaskHandle<T> setup, Action<TaskContext, T> function, bool failsRun = false, TaskOptions? options = null) => Task(id, setup, function, options).AsTeardown(setup, failsRun);
    public TaskHandle Teardown<T>(string id, TaskHandle<T> setup, Func<TaskContext, T, Task> function, bool failsRun = false, TaskOptions? options = null) => Task(id, setup, function, options).AsTeardown(setup, failsRun);
}
