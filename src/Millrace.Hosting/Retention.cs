using Millrace.Execution;
using Millrace.Metadata;

namespace Millrace.Hosting;

/// <summary>Deletes what is older than it has to be kept.</summary>
static class Retention
{
    /// <summary>The logs and results of runs that the store no longer knows.</summary>
    internal static void DeleteFiles(HomeFolder home, Cleaned cleaned)
    {
        foreach (var (dag, key, _) in cleaned.Runs)
        {
            Delete(home.RunLogs(dag, key));
            Delete(home.RunResults(dag, key));
        }
    }

    /// <summary>The logs of runs in which nothing was written since <paramref name="before"/>.</summary>
    /// <returns>How many runs' logs went.</returns>
    internal static int DeleteOldLogs(HomeFolder home, DateTimeOffset before)
    {
        var deleted = 0;
        var logs = new DirectoryInfo(home.Logs);
        if (!logs.Exists) return 0;
        foreach (var dag in logs.EnumerateDirectories("dag_id=*"))
            foreach (var run in dag.EnumerateDirectories("run_id=*"))
                if (run.LastWriteTimeUtc < before && run.EnumerateFiles("*", SearchOption.AllDirectories).All(file => file.LastWriteTimeUtc < before))
                {
                    Delete(run.FullName);
                    deleted++;
                }
        return deleted;
    }

    static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // The run had none, or somebody else was first.
        }
    }
}
