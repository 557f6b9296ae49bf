using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Authoring.Compiling;
using Millrace.Authoring.Watching;
using Millrace.Execution;
using Millrace.Metadata;
using Millrace.Testing.Servers;

namespace Millrace.Authoring.Tests;

/// <summary>A DAG folder and a bundles folder of a test's own.</summary>
sealed class Workspace : IDisposable
{
    // Warm after the first test; it ends with the test process, which is its parent.
    static readonly Compiler compiler = new(ToolCommand.Find(), TimeSpan.FromSeconds(30));

    readonly TempFolder temp = new();

    public Workspace()
    {
        Directory.CreateDirectory(Dags);
        Options = new() { Folder = Dags, Bundles = temp["bundles"] };
    }

    /// <summary>The clone that the tests were built in.</summary>
    public static string Clone { get; } = FindClone();

    public string Dags => temp["dags"];
    public string this[string name] => Path.Combine(Dags, name);
    public string Outside(string name) => temp[name];
    public AuthoringOptions Options { get; set; }

    public string Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[name])!);
        File.WriteAllText(this[name], text);
        return this[name];
    }

    public DagFolder Open() => new(Options, TimeProvider.System, NullLogger.Instance, Options.Tool is null ? compiler : null);

    public async Task<IReadOnlyList<SourceReading>> ReadAsync(params string[] recorded)
    {
        await using var folder = Open();
        return await folder.ReadAllAsync(recorded, TestContext.Current.CancellationToken);
    }

    public async Task<SourceReading> ReadOneAsync() => Assert.Single(await ReadAsync());

    public async Task<DagError> ReadErrorAsync()
    {
        var reading = await ReadOneAsync();
        Assert.Empty(reading.Dags);
        return Assert.Single(reading.Errors);
    }

    static string FindClone()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Millrace.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("These tests run in a clone of the repository.");
        return folder;
    }

    public void Dispose() => temp.Dispose();

    /// <summary>A file that declares one Dag with one task.</summary>
    public static string Dag(string name, string type = "MyDags", string message = "hello") => $$"""
        static class {{type}}
        {
            public static Dag It => Dag.Build("{{name}}", d => d.Task("say", () => Console.WriteLine("{{message}}")));
        }
        """;
}
