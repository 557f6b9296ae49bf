using System.Buffers.Binary;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using System.Text;
using Millrace.Execution;

namespace Millrace.Authoring.Bundles;

/// <summary>Names content by what is in it.</summary>
static class Fingerprint
{
    // Raised when the compiler's options or the bundle's layout change: everything is compiled again.
    const int Format = 1;
    const int BundleDigits = 20, VersionDigits = 12;

    /// <summary>All but the sources that decides what is compiled.</summary>
    public static string Toolchain(bool optimize) =>
        $"{Format}|{Libraries.Value}|{Environment.Version.ToString(2)}|{(optimize ? "release" : "debug")}";

    static readonly Lazy<string> Libraries = new(() => string.Join('|', AuthorLibraries.Paths.Select(ModuleVersion)));

    // Read from the file: what a scheduler never uses need not be loaded into it.
    static string ModuleVersion(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        var metadata = file.GetMetadataReader();
        return metadata.GetGuid(metadata.GetModuleDefinition().Mvid).ToString("N");
    }

    /// <param name="toolchain">See <see cref="Toolchain"/>.</param>
    /// <param name="source">The source's name.</param>
    /// <param name="files">With names relative to the DAG folder, so that moving the folder changes nothing.</param>
    public static string Bundle(string toolchain, string source, IEnumerable<(string Name, byte[] Content)> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, Encoding.UTF8.GetBytes(toolchain));
        Add(hash, Encoding.UTF8.GetBytes(source));
        foreach (var (name, content) in files)
        {
            Add(hash, Encoding.UTF8.GetBytes(name));
            Add(hash, content);
        }
        return Hex(hash.GetHashAndReset(), BundleDigits);
    }

    public static string Version(string bundle, string spec) =>
        Hex(SHA256.HashData(Encoding.UTF8.GetBytes(bundle + '\n' + spec)), VersionDigits);

    // Lengths go in as well: "ab" + "c" must not be "a" + "bc".
    static void Add(IncrementalHash hash, ReadOnlySpan<byte> content)
    {
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, content.Length);
        hash.AppendData(length);
        hash.AppendData(content);
    }

    static string Hex(byte[] hash, int digits) => Convert.ToHexStringLower(hash)[..digits];
}
