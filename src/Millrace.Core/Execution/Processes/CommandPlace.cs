using Millrace.Dags;

namespace Millrace.Execution;

/// <summary>Where relative paths of commands start: at the folder of the Dag's file.</summary>
static class CommandPlace
{
    internal static CommandLine Resolve(Dag dag, TaskSpec task, CommandLine command)
    {
        var folder = Path.GetDirectoryName(dag.SourceFile);
        if (string.IsNullOrEmpty(folder) || !Directory.Exists(folder)) folder = Environment.CurrentDirectory;
        command = command with { WorkingDirectory = Path.GetFullPath(command.WorkingDirectory ?? ".", folder) };
        return task.Kind == TaskKind.Script ? WithScript(command, folder) : command;
    }

    // Named here: a shell that can't find its script only says 127, and it would look in the working directory.
    static CommandLine WithScript(CommandLine command, string folder)
    {
        string[] arguments = [.. command.Arguments];
        var at = command.Program == "pwsh" ? Array.IndexOf(arguments, "-File") + 1 : 0;
        var path = Path.GetFullPath(arguments[at], folder);
        if (!File.Exists(path)) throw new FileNotFoundException($"The script '{path}' does not exist. A relative path starts at the Dag file's folder.", path);
        arguments[at] = path;
        return command with { Arguments = arguments };
    }
}
