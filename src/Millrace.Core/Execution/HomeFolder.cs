using System.Globalization;
using System.Text;
using Millrace.Runs;

namespace Millrace.Execution;

/// <summary>The folder that holds everything Millrace keeps on this machine, and the paths in it.</summary>
sealed class HomeFolder(string path)
{
    // Most file systems allow 255 bytes a name; an escaped segment stays below.
    const int LongestSegment = 180;

    public string Root { get; } = Path.GetFullPath(path);
    public string Dags => Path.Combine(Root, "dags");
    public string Bundles => Path.Combine(Root, "bundles");
    public string Results => Path.Combine(Root, "results");
    public string Logs => Path.Combine(Root, "logs");
    /// <summary>Sockets of the processes that run now.</summary>
    public string Run => Path.Combine(Root, "run");

    /// <summary>The variable whose value, where there is one, is the brokers that Dags mean which name none.</summary>
    internal const string BrokerVariable = "kafka";

    /// <summary>Says where the event broker of this home listens, as long as it runs: its port may have been left to chance.</summary>
    internal string BrokerFile => Path.Combine(Run, "broker");

    internal void WriteBrokerServers(string? servers)
    {
        if (servers is null)
        {
            if (File.Exists(BrokerFile)) File.Delete(BrokerFile);
            return;
        }
        Directory.CreateDirectory(Run);
        // A task may read it at any time, and half a port is one too.
        var whole = BrokerFile + ".new";
        File.WriteAllText(whole, servers);
        File.Move(whole, BrokerFile, overwrite: true);
    }

    /// <summary>A file of the user's, by Kafka's names: the cluster that Dags and commands mean which name none, and who to be there.</summary>
    internal string KafkaProperties => Path.Combine(Root, "kafka.properties");

    internal string? ReadBrokerServers() => File.Exists(BrokerFile) ? File.ReadAllText(BrokerFile) : null;

    internal string Bundle(string hash) => Path.Combine(Bundles, Segment(hash));

    internal string RunLogs(string dag, string runKey) =>
        Path.Combine(Logs, "dag_id=" + Segment(dag), "run_id=" + Segment(runKey));

    internal string RunResults(string dag, string runKey) =>
        Path.Combine(Results, "dag_id=" + Segment(dag), "run_id=" + Segment(runKey));

    internal string AttemptLog(string dag, string runKey, string task, int mapIndex, int attempt) =>
        Path.Combine(Instance(RunLogs(dag, runKey), task, mapIndex), $"attempt={attempt.ToString(CultureInfo.InvariantCulture)}.log");

    /// <summary>Where the output of an assignment goes. A callback of a task writes beside the attempt it is about.</summary>
    internal string AttemptLog(Assignment assignment)
    {
        var instance = assignment.Attempt.Instance;
        if (assignment.Kind == AssignmentKind.Task)
            return AttemptLog(assignment.Dag, assignment.RunKey, instance.Task, instance.MapIndex, assignment.Attempt.Number);
        var folder = RunLogs(assignment.Dag, assignment.RunKey);
        if (assignment.Kind == AssignmentKind.Firing) return Path.Combine(Logs, "dag_id=" + Segment(assignment.Dag), "schedule.log");
        return instance.Task.Length == 0
            ? Path.Combine(folder, "callbacks.log")
            : Path.Combine(Instance(folder, instance.Task, instance.MapIndex),
                $"attempt={assignment.Attempt.Number.ToString(CultureInfo.InvariantCulture)}.callbacks.log");
    }

    /// <summary>Relative to the home folder, so that the folder can be moved with its database.</summary>
    internal string ResultFile(Assignment assignment)
    {
        var instance = assignment.Attempt.Instance;
        var file = $"attempt={assignment.Attempt.Number.ToString(CultureInfo.InvariantCulture)}.json";
        return Path.GetRelativePath(Root, Path.Combine(Instance(RunResults(assignment.Dag, assignment.RunKey), instance.Task, instance.MapIndex), file))
            .Replace('\\', '/');
    }

    internal string Resolve(string relative) => Path.Combine(Root, relative);

    static string Instance(string folder, string task, int mapIndex)
    {
        folder = Path.Combine(folder, "task_id=" + Segment(task));
        return mapIndex == InstanceId.Unmapped ? folder : Path.Combine(folder, "map_index=" + mapIndex.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>A name as one segment of a path: what could leave the folder, or what Windows refuses, becomes %XX.</summary>
    internal static string Segment(string name)
    {
        if (name.Length is > 0 and <= LongestSegment && name[0] != '.' && name.AsSpan().IndexOfAnyExcept(Plain) < 0) return name;
        var escaped = new StringBuilder();
        foreach (var rune in name.EnumerateRunes())
        {
            var plain = rune.IsAscii ? Plain.Contains((char)rune.Value) && (rune.Value != '.' || escaped.Length > 0) : Rune.IsLetterOrDigit(rune);
            if (plain) escaped.Append(rune);
            else
                foreach (var b in Encoding.UTF8.GetBytes(rune.ToString()))
                    escaped.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
        }
        if (escaped.Length == 0) return "%";
        if (Encoding.UTF8.GetByteCount(escaped.ToString()) <= LongestSegment) return escaped.ToString();
        // Long names keep their beginning for people and a hash so that two of them never share a folder.
        var hash = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..16];
        while (Encoding.UTF8.GetByteCount(escaped.ToString()) > LongestSegment - hash.Length - 1) escaped.Length -= char.IsLowSurrogate(escaped[^1]) ? 2 : 1;
        return $"{escaped}~{hash}";
    }

    // The colon of a run key's time is plain where the file system takes it.
    static readonly System.Buffers.SearchValues<char> Plain = System.Buffers.SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+=@," + (OperatingSystem.IsWindows() ? "" : ":"));
}
