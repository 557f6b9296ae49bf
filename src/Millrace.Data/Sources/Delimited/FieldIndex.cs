using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Millrace.Data;

/// <summary>
/// Where the fields of a block end: the places of its delimiters and line ends, without those inside quotes. Found 64
/// bytes at a time. The block starts at the start of a record, and its buffer goes on for <see cref="Slack"/> bytes
/// behind its end.
/// <code>
/// block    1 , c a r \n 2 , t r u c k \n
/// ends  -1   1       5    7           13
/// </code>
/// </summary>
sealed class FieldIndex : IDisposable
{
    internal const int Slack = 64;

    const byte LineFeed = (byte)'\n', Return = (byte)'\r';
    const int Word = 64;

    // Of each of 64 places: itself, the byte of a 64-bit mask that its bit is in, and that bit.
    static readonly Vector512<byte> Places = Vector512<byte>.Indices;
    static readonly Vector512<byte> ByteOfPlace = Vector512.ShiftRightLogical(Vector512<byte>.Indices, 3);
    static readonly Vector512<byte> BitOfPlace = Vector512.Create(0x8040201008040201).AsByte();

    readonly byte delimiter;
    readonly byte quote;
    readonly bool delimited;
    int[] ends;

    /// <param name="delimiter">Null where only line ends count.</param>
    internal FieldIndex(byte? delimiter, byte quote, int bytes)
    {
        (this.delimiter, this.quote, delimited) = (delimiter ?? LineFeed, quote, delimiter is not null);
        ends = ArrayPool<int>.Shared.Rent(bytes / 6 + Word * 2);
        ends[0] = -1;
    }

    /// <summary>How many fields end, the -1 at the start left aside.</summary>
    internal int Count { get; private set; }

    internal int Lines { get; private set; }

    /// <summary>Whether any line ends in a carriage return: alone, or before its line feed.</summary>
    internal bool HasReturns { get; private set; }

    /// <summary>Where records start whose quotes are wrong; null where there are none.</summary>
    internal List<int>? Misquoted { get; private set; }

    internal ReadOnlySpan<int> Ends => ends.AsSpan(0, Count + 1);

    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(ends);
        ends = [];
    }

    /// <summary>Forgets the block, so that another one can be indexed.</summary>
    internal void Clear() => (Count, Lines, HasReturns, Misquoted) = (0, 0, false, null);

    /// <summary>Indexes a block without quotes, or one whose quotes mean nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void AddUnquoted(ReadOnlySpan<byte> block)
    {
        ref var start = ref MemoryMarshal.GetReference(block);
        Vector512<byte> delimiters = Vector512.Create(delimiter), feeds = Vector512.Create(LineFeed), returns = Vector512.Create(Return);
        var (count, lines, seen) = (Count, Lines, 0UL);
        for (var at = 0; at < block.Length; at += Word)
        {
            Room(count);
            var bytes = Vector512.LoadUnsafe(ref start, (nuint)at);
            var feed = Vector512.Equals(bytes, feeds).ExtractMostSignificantBits();
            var found = Vector512.Equals(bytes, delimiters).ExtractMostSignificantBits() | feed;
            var back = Vector512.Equals(bytes, returns).ExtractMostSignificantBits();
            if (block.Length - at < Word)
            {
                var inside = (1UL << (block.Length - at)) - 1;
                (feed, found, back) = (feed & inside, found & inside, back & inside);
            }
            if (back != 0)
            {
                seen |= back;
                var alone = back & ~FollowedBy(feed, ref start, at, block.Length);
                (feed, found) = (feed | alone, found | alone);
            }
            lines += BitOperations.PopCount(feed);
            count += Write(found, at, count);
        }
        (Count, Lines) = (count, lines);
        HasReturns |= seen != 0;
    }

    /// <summary>Indexes a block in which quotes hide delimiters and line ends.</summary>
    /// <param name="last">Whether nothing follows it: a quote still open then is never closed.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void AddQuoted(ReadOnlySpan<byte> block, bool last)
    {
        ref var start = ref MemoryMarshal.GetReference(block);
        Vector512<byte> delimiters = Vector512.Create(delimiter), feeds = Vector512.Create(LineFeed), returns = Vector512.Create(Return), quotes = Vector512.Create(quote);
        // What the byte before the word was: inside quotes (all bits or none), the end of a field, a closing quote.
        var (inQuotes, afterEnd, afterClose) = (0UL, 1UL, 0UL);
        var at = 0;
        while (true)
        {
            if (at >= block.Length)
            {
                if (!last || inQuotes == 0) return;
                at = AddMisquoted(block);
                (inQuotes, afterEnd, afterClose) = (0, 1, 0);
                continue;
            }
            Room(Count);
            var bytes = Vector512.LoadUnsafe(ref start, (nuint)at);
            var feed = Vector512.Equals(bytes, feeds).ExtractMostSignificantBits();
            var found = Vector512.Equals(bytes, delimiters).ExtractMostSignificantBits() | feed;
            var back = Vector512.Equals(bytes, returns).ExtractMostSignificantBits();
            var marks = Vector512.Equals(bytes, quotes).ExtractMostSignificantBits();
            var inside = ulong.MaxValue;
            if (block.Length - at < Word)
            {
                inside = (1UL << (block.Length - at)) - 1;
                (feed, found, back, marks) = (feed & inside, found & inside, back & inside, marks & inside);
            }
            var beforeFeed = 0UL;
            if (back != 0)
            {
                HasReturns = true;
                beforeFeed = back & FollowedBy(feed, ref start, at, block.Length);
                var alone = back & ~beforeFeed;
                (feed, found) = (feed | alone, found | alone);
            }
            var quoted = inQuotes;
            if ((marks | inQuotes | afterClose) != 0)
            {
                quoted ^= PrefixXor(marks);
                (feed, found) = (feed & ~quoted, found & ~quoted);
                var (opens, closes) = (marks & quoted, marks & ~quoted);
                var closedBefore = (closes << 1) | afterClose;
                // A quote opens at the start of a field or doubles the one that closed before it; behind a quote that
                // closed, the field ends.
                var wrong = (opens & ~((found << 1) | afterEnd | closedBefore)) | (closedBefore & inside & ~(found | marks | beforeFeed));
                if (wrong != 0)
                {
                    Write(found & ((1UL << BitOperations.TrailingZeroCount(wrong)) - 1), at, Count, feed);
                    at = AddMisquoted(block);
                    (inQuotes, afterEnd, afterClose) = (0, 1, 0);
                    continue;
                }
                afterClose = closes >> (Word - 1);
            }
            inQuotes = (ulong)((long)quoted >> (Word - 1));
            afterEnd = found >> (Word - 1);
            Lines += BitOperations.PopCount(feed);
            Count += Write(found, at, Count);
            at += Word;
        }
    }

    /// <summary>Indexes a block record by record, for comments may hold quotes that mean nothing.</summary>
    internal void AddCommented(ReadOnlySpan<byte> block, byte comment, bool last)
    {
        for (var at = 0; at < block.Length;)
        {
            if (block[at] == comment)
            {
                var length = block[at..].IndexOfAny(LineFeed, Return);
                if (length < 0) return;
                at += length;
                if (block[at] == Return && at + 1 < block.Length && block[at + 1] == LineFeed) at++;
                Room(Count);
                ends[++Count] = at++;
                Lines++;
                continue;
            }
            var next = AddRecord(block, at);
            at = next >= 0 ? next : next == Unclosed && !last ? block.Length : AddMisquoted(block);
        }
    }

    /// <summary>Forgets what lies behind the last line end, and says how many bytes lie up to it.</summary>
    internal int Cut(ReadOnlySpan<byte> block)
    {
        BackToLineEnd(block);
        var bytes = ends[Count] + 1;
        Misquoted?.RemoveAll(at => at >= bytes);
        return bytes;
    }

    /// <summary>Ends the last record where the file does without a line end. The byte behind the block becomes one.</summary>
    internal void Finish(Span<byte> buffer, int length)
    {
        if (length == 0 || (ends[Count] == length - 1 && IsLineEnd(buffer[length - 1]))) return;
        buffer[length] = LineFeed;
        Room(Count);
        ends[++Count] = length;
        Lines++;
    }

    /// <summary>Says again where the fields of a record end, followed by fields that it lacks: each ends before it begins.</summary>
    internal int AddFilled(int first, int fields, int width)
    {
        while (ends.Length - Count < width + Word * 2) Grow();
        var again = ++Count;
        for (var i = 0; i <= fields; i++) ends[again + i] = ends[first + i];
        for (var i = fields + 1; i <= width; i++) ends[again + i] = ends[first + fields];
        Count = again + width;
        return again;
    }

    internal static bool IsLineEnd(byte b) => b is LineFeed or Return;

    void BackToLineEnd(ReadOnlySpan<byte> block)
    {
        while (Count > 0 && !IsLineEnd(block[ends[Count]])) Count--;
    }

    const int Unclosed = -1, Wrong = -2;

    // Where the next record starts; negative where this one's quotes are wrong.
    int AddRecord(ReadOnlySpan<byte> block, int start)
    {
        var inQuotes = false;
        for (var at = start; at < block.Length; at++)
        {
            var b = block[at];
            if (inQuotes)
            {
                if (b != quote) continue;
                if (at + 1 < block.Length && block[at + 1] == quote) at++;
                else if (at + 1 < block.Length && block[at + 1] != delimiter && !IsLineEnd(block[at + 1])) return Wrong;
                else inQuotes = false;
            }
            else if (b == quote)
            {
                if (at != ends[Count] + 1) return Wrong;
                inQuotes = true;
            }
            else if (b == delimiter || IsLineEnd(b))
            {
                if (b == Return)
                {
                    HasReturns = true;
                    if (at + 1 < block.Length && block[at + 1] == LineFeed) continue;
                }
                Room(Count);
                ends[++Count] = at;
                if (!IsLineEnd(b)) continue;
                Lines++;
                return at + 1;
            }
        }
        return inQuotes ? Unclosed : block.Length;
    }

    // The record is read again byte by byte, its odd quotes taken for plain characters, so that one bad record can't
    // swallow those behind it. Returns where the next one starts.
    int AddMisquoted(ReadOnlySpan<byte> block)
    {
        BackToLineEnd(block);
        var start = ends[Count] + 1;
        (Misquoted ??= []).Add(start);
        var inQuotes = false;
        for (var at = start; at < block.Length; at++)
        {
            var b = block[at];
            if (b == quote && (inQuotes || at == ends[Count] + 1)) inQuotes = !inQuotes;
            else if (inQuotes && !IsLineEnd(b)) continue;
            else if (IsLineEnd(b))
            {
                if (b == Return)
                {
                    HasReturns = true;
                    if (at + 1 < block.Length && block[at + 1] == LineFeed) continue;
                }
                Room(Count);
                ends[++Count] = at;
                Lines++;
                return at + 1;
            }
            else if (delimited && b == delimiter)
            {
                Room(Count);
                ends[++Count] = at;
            }
        }
        return block.Length;
    }

    void Write(ulong found, int at, int count, ulong feed)
    {
        Count = count + Write(found, at, count);
        Lines += BitOperations.PopCount(feed & found);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    int Write(ulong found, int at, int count)
    {
        ref var to = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(ends), count + 1);
        var n = BitOperations.PopCount(found);
        if (Avx512Vbmi2.IsSupported)
        {
            // The places of the set bits side by side, 16 at a time, without a branch for each.
            var set = ~Vector512.Equals(Avx512BW.Shuffle(Vector512.Create(found).AsByte(), ByteOfPlace) & BitOfPlace, Vector512<byte>.Zero);
            var places = Avx512Vbmi2.Compress(Vector512<byte>.Zero, set, Places);
            var origin = Vector512.Create(at);
            (Avx512F.ConvertToVector512Int32(places.GetLower().GetLower()) + origin).StoreUnsafe(ref to);
            if (n > 16)
            {
                (Avx512F.ConvertToVector512Int32(places.GetLower().GetUpper()) + origin).StoreUnsafe(ref to, 16);
                (Avx512F.ConvertToVector512Int32(places.GetUpper().GetLower()) + origin).StoreUnsafe(ref to, 32);
                (Avx512F.ConvertToVector512Int32(places.GetUpper().GetUpper()) + origin).StoreUnsafe(ref to, 48);
            }
            return n;
        }
        for (var i = 0; i < n; i++)
        {
            Unsafe.Add(ref to, i) = at + BitOperations.TrailingZeroCount(found);
            found &= found - 1;
        }
        return n;
    }

    // Doubled quotes keep their parity; the prefix says of each byte whether an odd number of quotes came up to it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ulong PrefixXor(ulong bits)
    {
        if (Pclmulqdq.IsSupported)
            return Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(bits), Vector128<ulong>.AllBitsSet, 0).ToScalar();
        for (var shift = 1; shift < Word; shift <<= 1) bits ^= bits << shift;
        return bits;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ulong FollowedBy(ulong feed, ref byte start, int at, int length) =>
        (feed >> 1) | (at + Word < length && Unsafe.Add(ref start, at + Word) == LineFeed ? 1UL << (Word - 1) : 0);

    // Room for the ends of one more word.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Room(int count)
    {
        if (ends.Length - count < Word * 2) Grow();
    }

    void Grow()
    {
        var more = ArrayPool<int>.Shared.Rent(ends.Length * 2);
        ends.CopyTo(more, 0);
        ArrayPool<int>.Shared.Return(ends);
        ends = more;
    }
}
