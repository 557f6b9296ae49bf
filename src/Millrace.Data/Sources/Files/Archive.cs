using System.Formats.Tar;
using System.IO.Compression;
using Millrace.Zstd;

namespace Millrace.Data;

/// <summary>Files inside a zip or tar file. They are read where they lie: nothing is ever written under a name that an archive gives.</summary>
static class Archive
{
    static readonly string[] tars = [".tar", ".tgz", ".tar.gz", ".tar.br", ".tar.zst"];

    internal static bool Is(string name) => IsZip(name) || IsTar(name);

    static bool IsZip(string name) => name.EndsWith(".zip", StringComparison.OrdinalIgnoreCase);

    static bool IsTar(string name) => tars.Any(t => name.EndsWith(t, StringComparison.OrdinalIgnoreCase));

    /// <summary><c>toll.tgz!*.csv</c> is the archive and the members wanted; any other path is itself.</summary>
    internal static (string Outer, string? Member) Split(string path)
    {
        if (path.LastIndexOf('!') is > 0 and var at && at < path.Length - 1 && Is(path[..at]) && !File.Exists(path)) return (path[..at], path[(at + 1)..]);
        return (path, null);
    }

    /// <param name="pattern">Matched against a member's path, and, where it has no slash, against the name at its end; null for all members.</param>
    internal static IReadOnlyList<InputFile> Members(InputFile archive, string? pattern, InputLimits limits)
    {
        var glob = pattern is null ? null : new Glob(pattern);
        var members = IsZip(archive.Name) ? Zipped(archive, Wanted, limits) : Tarred(archive, Wanted, limits);
        return [.. members.Select(m => Packing.Unpacked(m, limits))];

        bool Wanted(string name) => glob is null || glob.Matches(name) || (!pattern!.Contains('/', StringComparison.Ordinal) && glob.Matches(name[(name.LastIndexOf('/') + 1)..]));
    }

    static List<InputFile> Zipped(InputFile archive, Func<string, bool> wanted, InputLimits limits)
    {
        using var zip = OpenZip(archive);
        var members = new List<InputFile>();
        for (var i = 0; i < zip.Entries.Count; i++)
        {
            var (entry, index) = (zip.Entries[i], i);
            if (entry.FullName.EndsWith('/') || !wanted(entry.FullName)) continue;
            var name = $"{archive.Name}!{entry.FullName}";
            members.Add(new InputFile(name, _ => ValueTask.FromResult<Stream>(OpenEntry(archive, index, name, limits)))
            {
                StoredLength = entry.CompressedLength,
                Modified = entry.LastWriteTime,
                Partitions = archive.Partitions,
            });
        }
        return members;
    }

    static ZipArchive OpenZip(InputFile archive)
    {
        var file = File.OpenRead(archive.Path!);
        try
        {
            return new ZipArchive(file, ZipArchiveMode.Read);
        }
        catch (InvalidDataException e)
        {
            file.Dispose();
            throw new BadDataException($"'{archive.Name}' isn't a whole zip file: {e.Message} Fetch or pack it again.", archive.Name, inner: e);
        }
    }

    static UnpackingStream OpenEntry(InputFile archive, int index, string name, InputLimits limits)
    {
        // An archive of its own for each reader: the entries of one can't be read at the same time.
        var zip = OpenZip(archive);
        try
        {
            var entry = zip.Entries[index];
            if (entry.IsEncrypted) throw new BadDataException($"'{name}' is encrypted, and encrypted zip files can't be read. Unpack it first.", name);
            return new UnpackingStream(new OwningStream(entry.Open(), zip), null, Math.Max(1, entry.CompressedLength), "zip", name, limits) { Expected = entry.Length };
        }
        catch (InvalidDataException e)
        {
            zip.Dispose();
            throw new BadDataException($"'{name}' can't be read from its zip file: {e.Message} Fetch or pack it again.", name, inner: e);
        }
        catch
        {
            zip.Dispose();
            throw;
        }
    }

    static List<InputFile> Tarred(InputFile archive, Func<string, bool> wanted, InputLimits limits)
    {
        var members = new List<InputFile>();
        using var tar = new TarReader(OpenTar(archive, limits));
        for (var index = 0; Next(tar, archive) is { } entry; index++)
        {
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || !wanted(entry.Name)) continue;
            var (at, name) = (index, $"{archive.Name}!{entry.Name}");
            members.Add(new InputFile(name, _ => ValueTask.FromResult<Stream>(OpenMember(archive, at, name, limits)))
            {
                Length = entry.Length,
                StoredLength = entry.Length,
                Modified = entry.ModificationTime,
                Partitions = archive.Partitions,
            });
        }
        return members;
    }

    // A tar file has no table of contents: the member is found by going through what lies before it.
    static UnpackingStream OpenMember(InputFile archive, int index, string name, InputLimits limits)
    {
        var tar = new TarReader(OpenTar(archive, limits));
        try
        {
            var entry = Next(tar, archive);
            for (; index > 0; index--) entry = Next(tar, archive);
            return new UnpackingStream(new OwningStream(entry?.DataStream ?? Stream.Null, tar), null, null, "tar", name, limits);
        }
        catch
        {
            tar.Dispose();
            throw;
        }
    }

    static Stream OpenTar(InputFile archive, InputLimits limits)
    {
        var packed = archive.Name.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase)
            ? new InputFile($"{archive.Name[..^4]}.tar.gz", archive.OpenAsync) : archive;
        var unpacked = Packing.Of(packed.Name);
        var file = File.OpenRead(archive.Path!);
        if (unpacked is null) return file;
        var counted = new CountingStream(file);
        return new UnpackingStream(unpacked.Unpack(counted), counted, null, unpacked.Codec, archive.Name, limits);
    }

    static TarEntry? Next(TarReader tar, InputFile archive)
    {
        try
        {
            return tar.GetNextEntry();
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw new BadDataException($"'{archive.Name}' isn't a whole tar file: {e.Message} Fetch or pack it again.", archive.Name, inner: e);
        }
    }

    /// <summary>A member's bytes, and the archive that must stay open for as long.</summary>
    sealed class OwningStream(Stream member, IDisposable archive) : ForwardStream
    {
        public override int Read(Span<byte> buffer) => member.Read(buffer);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                member.Dispose();
                archive.Dispose();
            }
            base.Dispose(disposing);
        }
    }
}
