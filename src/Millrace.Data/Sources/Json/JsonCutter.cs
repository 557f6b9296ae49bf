using System.Buffers;
using System.Text.Json;
using System.Text;
using Millrace.Zstd;

namespace Millrace.Data;

/// <summary>Cuts a stream of JSON into rows: the bytes of one at a time are in memory, however long the document is.</summary>
sealed class JsonCutter : IDisposable
{
    const byte Space = (byte)' ', Tab = (byte)'\t', Return = (byte)'\r', LineFeed = (byte)'\n';

    static readonly SearchValues<byte> ends = SearchValues.Create(",]}\n\r\t "u8);

    readonly string name;
    readonly bool lines;
    readonly JsonOptions options;
    readonly string[] path;
    readonly Stream input;
    byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 18);
    int start, end;
    long line = 1;
    bool ended, begun, inArray, done;

    internal JsonCutter(Stream input, string name, bool lines, JsonOptions options)
    {
        (this.name, this.lines, this.options) = (name, lines, options);
        path = options.Rows is null ? [] : options.Rows.TrimStart('$').Trim('.').Split('.', StringSplitOptions.RemoveEmptyEntries);
        this.input = Begin(input);
    }

    JsonReaderOptions ReaderOptions => new() { MaxDepth = options.MaxDepth };

    /// <summary>The next row and the line it starts at; its bytes are there until the next call.</summary>
    internal bool Next(out ReadOnlySpan<byte> row, out long at) => lines ? NextLine(out row, out at) : NextItem(out row, out at);

    // A byte order mark says how the text is encoded; without one it is UTF-8.
    Stream Begin(Stream stream)
    {
        end = stream.ReadAtLeast(buffer.AsSpan(0, 4), 4, throwOnEndOfStream: false);
        ended = end < 4;
        var mark = buffer.AsSpan(0, end);
        if (mark.StartsWith("\uFEFF"u8))
        {
            start = 3;
            return stream;
        }
        Encoding? encoding = mark switch
        {
            [0xFF, 0xFE, 0, 0] => new UTF32Encoding(bigEndian: false, byteOrderMark: true, throwOnInvalidCharacters: true),
            [0xFF, 0xFE, ..] => new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
            [0xFE, 0xFF, ..] => new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
            _ => null,
        };
        if (encoding is null) return stream;
        var rest = new RestStream(mark[(encoding is UTF32Encoding ? 4 : 2)..].ToArray(), stream);
        (end, ended) = (0, false);
        return Encoding.CreateTranscodingStream(rest, encoding, new UTF8Encoding(false), leaveOpen: true);
    }

    bool NextLine(out ReadOnlySpan<byte> row, out long at)
    {
        while (true)
        {
            var searched = 0;
            int length;
            while ((length = buffer.AsSpan(start + searched, end - start - searched).IndexOf(LineFeed)) < 0 && !ended)
            {
                searched = end - start;
                Fill();
            }
            length = length < 0 ? end - start : searched + length;
            row = buffer.AsSpan(start, length).Trim(" \t\r"u8);
            at = line;
            if (start >= end) return false;
            start = Math.Min(end, start + length + 1);
            line++;
            if (!row.IsEmpty) return true;
        }
    }

    bool NextItem(out ReadOnlySpan<byte> row, out long at)
    {
        row = default;
        at = line;
        if (done) return false;
        if (!begun)
        {
            begun = true;
            FindRows();
            if (done) return false;
        }
        if (inArray)
        {
            var first = Peek(",]", "an item of the array");
            if (first == ',')
            {
                Skip(1);
                first = Peek(null, "an item of the array");
                if (first == ']') throw Broken("a comma stands before the end of the array");
            }
            else if (first != ']' && !firstItem)
            {
                throw Broken($"a comma or the end of the array is missing before '{(char)first}'");
            }
            if (first == ']')
            {
                Skip(1);
                End();
                return false;
            }
            firstItem = false;
        }
        else
        {
            done = true;
        }
        at = line;
        var length = ValueLength();
        row = buffer.AsSpan(start, length);
        line += row.Count(LineFeed);
        start += length;
        if (!inArray) End();
        return true;
    }

    bool firstItem = true;

    // Behind the rows of a whole document nothing may stand; behind rows further in, the rest of it isn't of interest.
    void End()
    {
        done = true;
        if (path.Length > 0) return;
        if (TryPeek() is { } more) throw Broken($"'{(char)more}' stands behind the end of the document");
    }

    // The value at the start of the buffer, all of it: read once to find its end, and once more by whoever wants it.
    int ValueLength()
    {
        while (true)
        {
            var rest = buffer.AsSpan(start, end - start);
            if (rest[0] is not ((byte)'{' or (byte)'[' or (byte)'"'))
            {
                var stop = rest.IndexOfAny(ends);
                if (stop >= 0 || ended) return stop >= 0 ? stop : rest.Length;
            }
            else
            {
                var reader = new Utf8JsonReader(rest, ended, new JsonReaderState(ReaderOptions));
                try
                {
                    if (reader.Read() && reader.TrySkip()) return (int)reader.BytesConsumed;
                }
                catch (JsonException e)
                {
                    throw Broken(name, line, e, ended);
                }
            }
            if (ended) throw Broken("the document ends in the middle of a row");
            Fill();
        }
    }

    void FindRows()
    {
        var first = TryPeek() ?? (path.Length == 0 ? null : throw Broken("the document is empty"));
        if (path.Length > 0)
        {
            Navigate();
            first = buffer[start];
        }
        if (first is null) done = true;
        else if (first == '[')
        {
            inArray = true;
            Skip(1);
        }
    }

    // Goes to the value that the path names, and leaves it at the start of the buffer.
    void Navigate()
    {
        var state = new JsonReaderState(ReaderOptions);
        var matched = 0;
        while (true)
        {
            var reader = new Utf8JsonReader(buffer.AsSpan(start, end - start), ended, state);
            try
            {
                while (reader.Read())
                {
                    if (matched < path.Length && reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == matched + 1 && reader.ValueTextEquals(path[matched]))
                    {
                        // The value's first byte must be in the buffer too; where it isn't, this token is read once more.
                        var ahead = reader;
                        if (!ahead.Read()) break;
                        reader = ahead;
                        matched++;
                        if (matched == path.Length || reader.TokenType != JsonTokenType.StartObject) goto Found;
                    }
                    else if (reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == matched)
                    {
                        throw NoRows($"there is no '{path[matched]}'");
                    }
                    else if (reader.CurrentDepth == 0 && reader.TokenType != JsonTokenType.StartObject)
                    {
                        throw NoRows("the document isn't an object");
                    }
                    Forward(ref reader, out state);
                    reader = new Utf8JsonReader(buffer.AsSpan(start, end - start), ended, state);
                }
            }
            catch (JsonException e)
            {
                throw Broken(name, line, e);
            }
            if (ended) throw Broken("the document ends before its rows");
            Fill();
            continue;
        Found:
            if (matched < path.Length) throw NoRows($"'{path[matched - 1]}' isn't an object");
            if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject)) throw NoRows($"'{path[^1]}' is neither an array nor an object");
            Skip((int)reader.TokenStartIndex);
            return;
        }
    }

    void Forward(ref Utf8JsonReader reader, out JsonReaderState state)
    {
        state = reader.CurrentState;
        Skip((int)reader.BytesConsumed);
    }

    BadDataException NoRows(string why) => new($"'{name}' has no rows at '{options.Rows}': {why}. Check Rows.", name, line);

    byte Peek(string? wanted, string what) => TryPeek() ?? throw Broken($"the document ends where {what} should be{(wanted is null ? "" : ", or the array's end")}");

    // The next byte that isn't blank, at the start of the buffer; null at the end.
    byte? TryPeek()
    {
        while (true)
        {
            for (; start < end; start++)
            {
                if (buffer[start] == LineFeed) line++;
                else if (buffer[start] is not (Space or Tab or Return)) return buffer[start];
            }
            if (ended) return null;
            Fill();
        }
    }

    void Skip(int count)
    {
        line += buffer.AsSpan(start, count).Count(LineFeed);
        start += count;
    }

    void Fill()
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
        }
        if (end == buffer.Length)
        {
            if (end >= options.MaxRowBytes)
                throw new BadDataException($"{name}, line {line}: a row is longer than {options.MaxRowBytes:N0} bytes. Raise MaxRowBytes if that is right, or name the Rows if they lie further in.", name, line);
            var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(end * 2L, Array.MaxLength));
            buffer.AsSpan(0, end).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = larger;
        }
        try
        {
            var read = input.Read(buffer, end, buffer.Length - end);
            ended = read == 0;
            end += read;
        }
        catch (DecoderFallbackException e)
        {
            throw new BadDataException($"{name}, line {line}: the file isn't in the encoding that its byte order mark says: bytes 0x{Convert.ToHexString(e.BytesUnknown ?? [])} mean nothing there.", name, line, inner: e);
        }
    }

    BadDataException Broken(string what) => new($"{name}, line {line}: {what}. Fetch or write the file again.", name, line);

    internal static BadDataException Broken(string name, long line, JsonException e, bool ended = false)
    {
        var at = line + (e.LineNumber ?? 0);
        return new BadDataException($"{name}, line {at}: {Plain(e)}{(ended ? ", or the document ends in the middle of a row" : "")}. Correct the file.", name, at, inner: e);
    }

    /// <summary>What is wrong, without the places that the parser counts from the start of a row.</summary>
    internal static string Plain(JsonException e)
    {
        var message = e.Message;
        if (message.IndexOf(" LineNumber:", StringComparison.Ordinal) is > 0 and var at) message = message[..at];
        message = message.TrimEnd('.');
        return message.Length == 0 ? "it isn't JSON" : char.ToLowerInvariant(message[0]) + message[1..];
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
    }

    /// <summary>A few bytes that were read already, and then the rest.</summary>
    sealed class RestStream(byte[] first, Stream rest) : ForwardStream
    {
        int used;

        public override int Read(Span<byte> into)
        {
            if (used == first.Length) return rest.Read(into);
            var count = Math.Min(into.Length, first.Length - used);
            first.AsSpan(used, count).CopyTo(into);
            used += count;
            return count;
        }
    }
}
