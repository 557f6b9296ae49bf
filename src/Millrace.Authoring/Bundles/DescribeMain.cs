using System.Globalization;
using System.Text.Json;
using Millrace.Dags;
using Millrace.Execution;

namespace Millrace.Authoring.Bundles;

/// <summary><c>millrace describe</c>: loads bundles and says what their Dags are. Runs no task.</summary>
static class DescribeMain
{
    const string NoDag = "It declares no Dag. Give a class a static property such as: public static Dag Orders => Dag.Build(\"orders\", d => ...); "
        + "or put code that others use into a folder named 'shared'.";

    public static int Run() => ChildLoop.Run((line, answer) =>
    {
        // On a thread of its own: while a build hangs, the loop still sees that the parent is gone and ends the process.
        new Thread(() => answer(AuthoringJson.Line(Describe(line), AuthoringJson.Default.DescribeAnswer))) { IsBackground = true }.Start();
    });

    static DescribeAnswer Describe(string line)
    {
        var folder = JsonSerializer.Deserialize(line, AuthoringJson.Default.DescribeRequest)!.Folder;
        try
        {
            var found = DagDiscovery.Find(Bundle.Load(folder));
            if (found.Errors.Count > 0) return new(null, [.. found.Errors.Select(Problem)]);
            if (found.Dags.Count == 0) return new(null, [new(null, 0, 0, ProblemKind.Empty, NoDag)]);
            return new(new([.. found.Dags.Select(dag => Describe(dag.Spec, Path.GetFileName(folder)))]), []);
        }
        catch (OutOfMemoryException)
        {
            return new(null, [OutOfMemory(null, 0)]);
        }
        catch (Exception e)
        {
            // A bundle that can't be loaded, a custom schedule that can't say what it is: one source's problem.
            return new(null, [new(null, 0, 0, ProblemKind.Build, $"{e.GetType().Name}: {e.Message}")]);
        }
    }

    static Problem Problem(DiscoveryError error) =>
        error.Message.StartsWith(nameof(OutOfMemoryException), StringComparison.Ordinal)
            ? OutOfMemory(error.File, error.Line)
            : new(error.File, error.Line, 0, error.Kind, error.Message);

    static Problem OutOfMemory(string? file, int line) =>
        Describer.OutOfMemory(int.Parse(Environment.GetEnvironmentVariable(Describer.MemoryVariable) ?? "0", CultureInfo.InvariantCulture)) with { Path = file, Line = line };

    static DescribedDag Describe(DagSpec spec, string bundle)
    {
        var json = DagJson.Write(spec);
        return new()
        {
            Name = spec.Name,
            Version = Fingerprint.Version(bundle, json),
            Spec = json,
            Owner = spec.Owner,
            Description = spec.Description,
            Tags = spec.Tags,
            Schedule = spec.Schedule.Describe(),
            Produces = spec.Produces,
            Consumes = spec.Consumes,
            Topics = spec.Topics,
        };
    }
}
