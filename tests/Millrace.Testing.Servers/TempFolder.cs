namespace Millrace.Testing.Servers;

/// <summary>A new folder under the temp path, removed with all it holds on dispose.</summary>
public sealed class TempFolder : IDisposable
{
    public TempFolder(string prefix = "millrace-test-") => FullPath = Directory.CreateTempSubdirectory(prefix).FullName;

    public string FullPath { get; }

    public string this[params ReadOnlySpan<string> parts] => Path.Combine([FullPath, .. parts]);

    public override string ToString() => FullPath;

    public void Dispose()
    {
        // A process that was just killed may still be writing its last file here: try again before giving up.
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                Directory.Delete(FullPath, recursive: true);
                return;
            }
            catch (DirectoryNotFoundException)
            {
                return;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException && attempt < 20)
            {
                Thread.Sleep(25);
            }
        }
    }
}
