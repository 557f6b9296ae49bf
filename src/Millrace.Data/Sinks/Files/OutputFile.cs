namespace Millrace.Data;

/// <summary>Opens files for writing, packed where their name says so.</summary>
static class OutputFile
{
    /// <summary>A file that isn't there yet; a disk that is full is reported with its name.</summary>
    /// <param name="name">What it will be called, for its end.</param>
    internal static Stream Create(string path, string name)
    {
        var packing = Packing.Of(name);
        if (packing is { Pack: null }) throw new NotSupportedException($"'{name}' is to be packed with {packing.Codec}, which can only be read. Use .gz or .br.");
        var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 1 << 17 });
        return packing?.Pack!(file) ?? file;
    }
}
