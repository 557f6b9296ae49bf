namespace Millrace.Testing.Servers;

/// <summary>The clone that the tests were built in, for tests that hold its documents to its code.</summary>
public static class Repository
{
    /// <summary>Set MILLRACE_TEST_WRITE_DOCS to make such tests write the documents instead.</summary>
    public static bool IsToBeWritten => Environment.GetEnvironmentVariable("MILLRACE_TEST_WRITE_DOCS") is { Length: > 0 };

    public static string Root { get; } = Find();

    public static string File(string path) => Path.Combine(Root, path);

    static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (System.IO.File.Exists(Path.Combine(folder.FullName, "Millrace.slnx"))) return folder.FullName;
        throw new InvalidOperationException($"{AppContext.BaseDirectory} lies in no clone of the repository: no folder above it has Millrace.slnx.");
    }
}
