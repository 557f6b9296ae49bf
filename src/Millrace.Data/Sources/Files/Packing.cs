using System.IO.Compression;
using Millrace.Zstd;

namespace Millrace.Data;

/// <summary>A way to pack one file, known by the end of its name.</summary>
sealed record Packing(string Suffix, string Codec, Func<Stream, Stream> Unpack, Func<Stream, Stream>? Pack)
{
    static readonly Packing[] all =
    [
        new(".gz", "gzip", s => new GzipUnpacker(s), s => new GZipStream(s, CompressionLevel.Optimal)),
        new(".br", "brotli", s => new BrotliUnpacker(s), s => new BrotliStream(s, CompressionLevel.Optimal)),
        new(".zst", "zstd", s => new ZstdUnpacker(s), null),
    ];

    static readonly (string Suffix, string Codec)[] unknown = [(".bz2", "bzip2"), (".xz", "xz"), (".lz4", "lz4"), (".7z", "7-Zip"), (".rar", "RAR"), (".Z", "compress")];

    /// <summary>How a file of that name is packed; null where its bytes are what they are.</summary>
    internal static Packing? Of(string name)
    {
        foreach (var (suffix, codec) in unknown)
        {
            if (name.EndsWith(suffix, suffix == ".Z" ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase))
                throw new NotSupportedException($"'{name}' is packed with {codec}, which can't be read. Unpack it first, or pack it with gzip.");
        }
        return all.FirstOrDefault(p => name.EndsWith(p.Suffix, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The name without what says how the file is packed: what is left says what is in it.</summary>
    internal static string Bare(string name) => Of(name) is { } packing ? name[..^packing.Suffix.Length] : name;

    /// <summary>The file as its content is read: unpacked where its name says that it is packed.</summary>
    internal static InputFile Unpacked(InputFile file, InputLimits limits) => Of(file.Name) is not { } packing
        ? file
        : new InputFile(file.Name, async cancel =>
        {
            var packed = new CountingStream(await file.OpenAsItIsAsync(cancel).ConfigureAwait(false));
            return new UnpackingStream(packing.Unpack(packed), packed, null, packing.Codec, file.Name, limits);
        })
        { StoredLength = file.StoredLength, Modified = file.Modified, Partitions = file.Partitions };
}
