using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Tests.Wire;

public sealed class RandomBytesTests
{
    readonly Random random;

    public RandomBytesTests()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("MILLRACE_TEST_SEED"), out var given) ? given : Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        random = new Random(seed);
    }

    [Fact]
    public void Any_message_in_any_version_is_read_as_it_was_written()
    {
        var messages = new RandomMessages(random);
        foreach (var pair in Golden.All.Where(g => !g.HasUnknownTags).GroupBy(g => (g.Message, g.Version)))
        {
            var (message, (full, bare)) = (AnyMessage.ByName[pair.Key.Message], (pair.First(), pair.Last()));
            for (var round = 0; round < 4; round++)
            {
                var made = messages.Make(message.Type, full.Values, bare.Values);
                var written = message.Write(made, full.Version);
                var read = message.Read(written, full.Version, out var left);
                Assert.True(left == 0, $"{full}: {left} bytes are left.");
                Assert.True(Alike.Are(made, read, out var difference), $"{full}: {difference}");
                Assert.Equal(written, message.Write(read, full.Version));
            }
        }
    }

    [Fact]
    public void Every_message_that_is_cut_off_is_refused()
    {
        foreach (var golden in Golden.All)
        {
            var message = AnyMessage.ByName[golden.Message];
            for (var length = 0; length < golden.Bytes.Length; length++)
            {
                Assert.Throws<WireException>(() => message.Read(golden.Bytes.AsMemory(0, length), golden.Version, out _));
            }
        }
    }

    [Fact]
    public void Changed_bytes_are_read_or_refused_and_take_no_memory_beyond_their_size()
    {
        foreach (var golden in Golden.All)
        {
            for (var round = 0; round < 60; round++) Try(golden, Changed(golden.Bytes));
        }
    }

    [Fact]
    public void A_message_of_many_small_parts_takes_a_small_multiple_of_its_size()
    {
        var (most, which) = (0.0, "");
        foreach (var pair in Golden.All.Where(g => !g.HasUnknownTags).GroupBy(g => (g.Message, g.Version)))
        {
            var (message, full) = (AnyMessage.ByName[pair.Key.Message], pair.First());
            for (var depth = 0; depth < 4; depth++)
            {
                var bytes = message.Write(RandomMessages.Crowded(message.Type, full.Values, depth), full.Version);
                var before = GC.GetAllocatedBytesForCurrentThread();
                message.Read(bytes, full.Version, out _);
                var ratio = (GC.GetAllocatedBytesForCurrentThread() - before) / (bytes.Length + 100.0);
                if (ratio > most) (most, which) = (ratio, $"{full} {depth}");
            }
        }
        TestContext.Current.TestOutputHelper!.WriteLine($"at most {most:N1} bytes for each byte: {which}");
        Assert.True(most <= MostForAByte, $"{most:N1} bytes for each byte: {which}");
    }

    [Fact]
    public void A_message_holds_no_more_than_there_is_room_for()
    {
        const int Items = 1_000;
        using var writer = new WireWriter();
        new DescribeGroupsRequest { Groups = [.. Enumerable.Repeat("g", Items)] }.Write(writer, DescribeGroupsRequest.Newest);
        var reader = new WireReader(writer.Written);
        DescribeGroupsRequest.Read(ref reader, DescribeGroupsRequest.Newest);
        var needed = reader.Held;
        Assert.InRange(needed, Items * 32, Items * 64);

        var enough = new WireReader(writer.Written, needed);
        Assert.Equal(Items, DescribeGroupsRequest.Read(ref enough, DescribeGroupsRequest.Newest).Groups.Count);
        var wrong = Assert.Throws<WireException>(() =>
        {
            var tooLittle = new WireReader(writer.Written, needed - 1);
            DescribeGroupsRequest.Read(ref tooLittle, DescribeGroupsRequest.Newest);
        });
        Assert.True(wrong.IsTooLarge);
        Assert.Contains($"{needed - 1:N0}", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_reader_counts_is_what_the_message_takes_and_never_more_than_is_said_for_its_size()
    {
        var (least, most, which) = (double.MaxValue, 0.0, "");
        foreach (var pair in Golden.All.Where(g => !g.HasUnknownTags).GroupBy(g => (g.Message, g.Version)))
        {
            var (message, full) = (AnyMessage.ByName[pair.Key.Message], pair.First());
            for (var depth = 0; depth < 4; depth++)
            {
                var bytes = message.Write(RandomMessages.Crowded(message.Type, full.Values, depth), full.Version);
                message.Read(bytes, full.Version, out _);
                var before = GC.GetAllocatedBytesForCurrentThread();
                var held = message.Hold(bytes, full.Version);
                var taken = GC.GetAllocatedBytesForCurrentThread() - before;
                // Lists that grow leave behind what they had before: that's garbage at once, and half as much again at the most.
                Assert.True(taken <= held * 1.5 + 200, $"{full} {depth} took {taken:N0} bytes and counted {held:N0}.");
                if ((double)held / taken < least) least = (double)held / taken;
                if (held / (bytes.Length + 100.0) > most) (most, which) = (held / (bytes.Length + 100.0), $"{full} {depth}");
            }
        }
        TestContext.Current.TestOutputHelper!.WriteLine($"counted at least {least:N2} of what was taken, and at most {most:N1} for each byte: {which}");
        Assert.True(most <= WireReader.MostForAByte, which);
    }

    const int MostForAByte = 48;

    byte[] Changed(byte[] golden)
    {
        var bytes = golden.ToArray();
        if (bytes.Length == 0) return bytes;
        for (var changes = random.Next(1, 5); changes > 0; changes--)
        {
            var at = random.Next(bytes.Length);
            bytes[at] = random.Next(4) switch { 0 => 0xff, 1 => 0x7f, 2 => (byte)(bytes[at] ^ 1 << random.Next(8)), _ => (byte)random.Next(256) };
        }
        return random.Next(3) switch
        {
            0 => bytes[..random.Next(bytes.Length)],
            1 => [.. bytes[..random.Next(bytes.Length)], .. golden[random.Next(golden.Length)..]],
            _ => bytes,
        };
    }

    static void Try(Golden golden, byte[] bytes)
    {
        var message = AnyMessage.ByName[golden.Message];
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            message.Read(bytes, golden.Version, out _);
        }
        catch (WireException)
        {
        }
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        // An exception takes memory too, whatever the message.
        Assert.True(allocated <= (long)MostForAByte * bytes.Length + 65_536, $"{golden} took {allocated:N0} bytes for {bytes.Length:N0}: {Convert.ToHexStringLower(bytes.AsSpan(0, Math.Min(bytes.Length, 500)))}");
    }
}
