using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// A file that a source reads, wherever its bytes come from: a disk, a member of an archive, a decompressor. It may be
/// opened several times, by several readers at once.
/// </summary>
/// <param name="name">What errors, rejects and provenance call it.</param>
sealed class InputFile(string name, Func<CancellationToken, ValueTask<Stream>> open)
{
    internal string Name { get; } = name;

    /// <summary>The bytes that a reader will see, where that is known without reading them: a compressed file's aren't.</summary>
    internal long? Length { get; init; }

    /// <summary>The bytes that lie on the disk or in the archive, packed as they are; null where nobody knows.</summary>
    internal long? StoredLength { get; init; }

    /// <summary>The file on disk whose bytes are exactly those that <see cref="OpenAsync"/> gives; null for any other origin.</summary>
    internal string? Path { get; init; }

    internal DateTimeOffset? Modified { get; init; }

    /// <summary>What the folders above it say of every row in it: <c>year=2026/month=07</c>, in that order.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> Partitions { get; init; } = [];

    /// <summary>The bytes from the start, read forward only.</summary>
    internal ValueTask<Stream> OpenAsync(CancellationToken cancel) => open(cancel);

    /// <summary>
    /// The bytes that are there when it is opened: what a writer appends to a plain file meanwhile isn't read, so that a
    /// file that grows faster than it is read has an end.
    /// </summary>
    internal async ValueTask<Stream> OpenAsItIsAsync(CancellationToken cancel)
    {
        var stream = await open(cancel).ConfigureAwait(false);
        return stream is FileStream plain ? new BoundedStream(plain, Name) : stream;
    }

    /// <summary>A plain file on disk. What is appended to it after this isn't read.</summary>
    internal static InputFile At(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists) throw new FileNotFoundException($"There is no file '{file.FullName}'.", file.FullName);
        // Of a link .NET says the link's own length and time.
        var content = file.LinkTarget is not null && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target ? target : file;
        return new InputFile(path, _ => ValueTask.FromResult<Stream>(OpenPlain(file.FullName)))
        {
            Length = content.Length,
            StoredLength = content.Length,
            Path = file.FullName,
            Modified = content.LastWriteTimeUtc,
        };
    }

    /// <summary>The same file, with what the folders above it say.</summary>
    internal InputFile With(IReadOnlyList<KeyValuePair<string, string>> partitions) =>
        new(Name, open) { Length = Length, StoredLength = StoredLength, Path = Path, Modified = Modified, Partitions = partitions };

    /// <summary>How much of what is stored a stream of this file's has taken, after so many bytes came out of it.</summary>
    internal static long Stored(Stream opened, long read) => opened is UnpackingStream packed ? packed.Stored : read;

    /// <summary>What the files have stored together; null where one of them doesn't say.</summary>
    internal static SourceSize? SizeOf(IReadOnlyList<InputFile> files) => files.All(f => f.StoredLength is not null) ? new SourceSize(Bytes: files.Sum(f => f.StoredLength!.Value)) : null;

    // Readers bring buffers of their own, far larger than a stream's would be.
    static FileStream OpenPlain(string path) =>
        new(path, new FileStreamOptions { Mode = FileMode.Open, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0, Options = FileOptions.SequentialScan });
}
