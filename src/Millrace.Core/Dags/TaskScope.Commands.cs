using System.Globalization;

namespace Millrace.Dags;

// Shell commands, script files and programs. Their result is a text: the last line of the output, or a file's text.
public abstract partial class TaskScope
{
    /// <summary>A command line for bash, or for the shell that <paramref name="options"/> names.</summary>
    public TaskHandle<string> Shell(string id, string command, ShellOptions? options = null) =>
        Command(id, TaskKind.Shell, command, options, [], (_, _) => InShell(command, options));

    /// <summary>A command line that depends on the run.</summary>
    public TaskHandle<string> Shell(string id, Func<TaskContext, string> command, ShellOptions? options = null) =>
        Command(id, TaskKind.Shell, null, options, [], (c, _) => InShell(command(c), options));

    public TaskHandle<string> Shell<T>(string id, IInput<T> input, Func<T, string> command, ShellOptions? options = null) =>
        Command(id, TaskKind.Shell, null, options, [input], (_, v) => InShell(command(In<T>(v, 0)), options));

    public TaskHandle<string> Shell<T>(string id, IInput<T> input, Func<TaskContext, T, string> command, ShellOptions? options = null) =>
        Command(id, TaskKind.Shell, null, options, [input], (c, v) => InShell(command(c, In<T>(v, 0)), options));

    /// <summary>A script file: <c>.ps1</c> for PowerShell, anything else for bash. A relative path starts at the Dag file's folder.</summary>
    public TaskHandle<string> Script(string id, string path, IEnumerable<string>? arguments = null, ShellOptions? options = null)
    {
        string[] fixedArguments = [.. arguments ?? []];
        return Command(id, TaskKind.Script, string.Join(' ', fixedArguments.Prepend(path)), options, [], (_, _) => OfScript(path, fixedArguments));
    }

    public TaskHandle<string> Script(string id, string path, Func<TaskContext, IEnumerable<string>> arguments, ShellOptions? options = null) =>
        Command(id, TaskKind.Script, path, options, [], (c, _) => OfScript(path, arguments(c)));

    public TaskHandle<string> Script<T>(string id, IInput<T> input, string path, Func<TaskContext, T, IEnumerable<string>> arguments, ShellOptions? options = null) =>
        Command(id, TaskKind.Script, path, options, [input], (c, v) => OfScript(path, arguments(c, In<T>(v, 0))));

    /// <summary>A program, started without a shell: arguments are passed as they are.</summary>
    public TaskHandle<string> Process(string id, string program, IEnumerable<string>? arguments = null, ShellOptions? options = null)
    {
        string[] fixedArguments = [.. arguments ?? []];
        return Command(id, TaskKind.Process, string.Join(' ', fixedArguments.Prepend(program)), options, [], (_, _) => new(program, fixedArguments));
    }

    public TaskHandle<string> Process(string id, string program, Func<TaskContext, IEnumerable<string>> arguments, ShellOptions? options = null) =>
        Command(id, TaskKind.Process, program, options, [], (c, _) => new(program, [.. arguments(c)]));

    public TaskHandle<string> Process<T>(string id, IInput<T> input, string program, Func<TaskContext, T, IEnumerable<string>> arguments, ShellOptions? options = null) =>
        Command(id, TaskKind.Process, program, options, [input], (c, v) => new(program, [.. arguments(c, In<T>(v, 0))]));

    TaskHandle<string> Command(string id, TaskKind kind, string? text, ShellOptions? options, IInput[] inputs, Func<TaskContext, object?[], CommandLine> command)
    {
        options ??= new();
        if (text is not null && string.IsNullOrWhiteSpace(text))
            throw new DagException($"Task '{id}' of Dag '{Draft.Name}' has an empty command. Write what it runs, or use d.Empty.");
        return new(Draft, Draft.Add(new TaskDraft
        {
            Id = FullId(id),
            Group = Scope,
            Kind = kind,
            Options = options,
            Inputs = Sources(inputs),
            CommandText = text,
            ResultType = typeof(string),
            Command = (context, values) => command(context, values) with
            {
                WorkingDirectory = options.WorkingDirectory,
                Environment = Environment(context, options),
                ResultFile = options.ResultFile,
                SkipExitCode = options.SkipExitCode,
            },
        }));
    }

    static CommandLine InShell(string command, ShellOptions? options) => options?.Shell switch
    {
        null or "bash" => new("bash", ["-c", command]),
        "pwsh" => new("pwsh", ["-NoProfile", "-NonInteractive", "-Command", command]),
        var shell => new(shell, ["-c", command]),
    };

    static CommandLine OfScript(string path, IEnumerable<string> arguments) =>
        Path.GetExtension(path).Equals(".ps1", StringComparison.OrdinalIgnoreCase)
            ? new("pwsh", ["-NoProfile", "-NonInteractive", "-File", path, .. arguments])
            : new("bash", [path, .. arguments]);

    static Dictionary<string, string> Environment(TaskContext context, ShellOptions options)
    {
        var environment = new Dictionary<string, string>
        {
            ["MILLRACE_DAG"] = context.DagName,
            ["MILLRACE_RUN"] = context.RunId,
            ["MILLRACE_TASK"] = context.TaskId,
            ["MILLRACE_ATTEMPT"] = context.Attempt.ToString(CultureInfo.InvariantCulture),
            ["MILLRACE_LOGICAL_TIME"] = context.LogicalTime.ToString("O", CultureInfo.InvariantCulture),
            ["MILLRACE_INTERVAL_START"] = context.DataInterval.Start.ToString("O", CultureInfo.InvariantCulture),
            ["MILLRACE_INTERVAL_END"] = context.DataInterval.End.ToString("O", CultureInfo.InvariantCulture),
            ["MILLRACE_PARAMS"] = context.Params.ToString(),
        };
        foreach (var (name, value) in options.Environment) environment[name] = value;
        return environment;
    }
}
