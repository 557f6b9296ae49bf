using System.Buffers;
using System.Text;
using System.Text.Json;
using Millrace.Runs;

namespace Millrace.Execution;

/// <summary>Makes a result of the file that a command wrote: JSON if it is JSON, else its text. Read in blocks, however large it is.</summary>
sealed class CommandResult(HomeFolder home)
{
    const int Block = 64 * 1024;

    internal ResultValue FromFile(Assignment assignment, string path)
    {
        using var source = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        if (source.Length <= ResultWriter.InlineLimit) return FromText(new StreamReader(source).ReadToEnd());

        var items = default(JsonItemCounter);
        var relative = home.ResultFile(assignment);
        var target = home.Resolve(relative);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var isJson = IsJson(source, ref items);
        source.Position = 0;
        using var file = new FileStream(target, FileMode.Create, FileAccess.Write, FileShare.Read, Block);
        if (isJson) source.CopyTo(file, Block);
        else CopyAsText(source, file);
        return new ResultValue(null, relative, file.Length, isJson ? items.Items : null, isJson ? "json" : ResultWriter.Name(typeof(string)));
    }

    static ResultValue FromText(string text)
    {
        var json = Encoding.UTF8.GetBytes(text);
        using var source = new MemoryStream(json);
        var items = default(JsonItemCounter);
        return json.Length > 0 && IsJson(source, ref items)
            ? new ResultValue(json, null, json.Length, items.Items, "json")
            : ResultWriter.Text(text.TrimEnd('\r', '\n'));
    }

    static bool IsJson(Stream source, ref JsonItemCounter items)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Block);
        try
        {
            var state = new JsonReaderState();
            for (int held = 0, read; ; )
            {
                read = source.Read(buffer, held, buffer.Length - held);
                items.Read(buffer.AsSpan(held, read));
                held += read;
                var reader = new Utf8JsonReader(buffer.AsSpan(0, held), isFinalBlock: read == 0, state);
                while (reader.Read()) { }
                if (read == 0) return true;
                state = reader.CurrentState;
                var used = (int)reader.BytesConsumed;
                buffer.AsSpan(used, held - used).CopyTo(buffer);
                held -= used;
                if (held < buffer.Length) continue;
                // A single text longer than the buffer.
                var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                buffer.AsSpan(0, held).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = larger;
            }
        }
        catch (JsonException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    static void CopyAsText(Stream source, Stream target)
    {
        using var text = new StreamReader(source);
        using var writer = new Utf8JsonWriter(target);
        var block = new char[Block];
        for (int read; (read = text.Read(block)) > 0;)
        {
            writer.WriteStringValueSegment(block.AsSpan(0, read), isFinalSegment: false);
            writer.Flush();
        }
        writer.WriteStringValueSegment(ReadOnlySpan<char>.Empty, isFinalSegment: true);
    }
}
