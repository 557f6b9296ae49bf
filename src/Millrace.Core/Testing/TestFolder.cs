using System.Globalization;

namespace Millrace.Testing;

/// <summary>Home folders of test runs: kept while the process lives, so that a test can look at files that its run wrote, and gone with it.</summary>
static class TestFolder
{
    static readonly Lazy<string> Root = new(Create);
    static int count;

    internal static string New() => Path.Combine(Root.Value, Interlocked.Increment(ref count).ToString(CultureInfo.InvariantCulture));

    static string Create()
    {
        var root = Directory.CreateTempSubdirectory("millrace-test-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            try
            {
                Directory.Delete(root, recursive: true);
            }
            catch (IOException)
            {
                // Something a task started still writes there; it is the temporary folder after all.
            }
        };
        return root;
    }
}
