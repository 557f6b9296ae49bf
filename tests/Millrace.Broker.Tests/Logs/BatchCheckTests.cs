using Millrace.Broker.Logs;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Logs;

public sealed class BatchCheckTests
{
    static ErrorCode? Check(byte[] batch, TopicSettings? settings = null, long now = 2_000) => BatchCheck.Of(batch, settings ?? TopicSettings.Default, now, new(BatchCheck.MostUnpackedAtOnce))?.Error;

    [Fact]
    public void A_good_batch_of_any_kind_is_taken()
    {
        foreach (var kind in Enum.GetValues<CompressionKind>()) Assert.Null(Check(Batches.Make(1_000, 1, 0, 0, true, kind, ("k", "v")), new() { IsCompacted = true }));
    }

    [Fact]
    public void Every_flipped_bit_that_the_checksum_covers_is_refused()
    {
        var good = Batches.Of(("key", "value"), ("key", null));
        for (var bit = 17 * 8; bit < good.Length * 8; bit++)
        {
            var bad = good.ToArray();
            bad[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.Equal(ErrorCode.CorruptMessage, Check(bad));
        }
    }

    [Fact]
    public void What_is_cut_off_at_any_place_is_refused()
    {
        var good = Batches.Of(("key", "value"));
        for (var length = 0; length < good.Length; length++) Assert.NotNull(Check(good[..length]));
    }

    [Fact]
    public void A_batch_is_no_larger_than_the_topic_takes()
    {
        var batch = Batches.Of(("key", new string('x', 1_000)));
        Assert.Null(Check(batch, new() { MaxMessageBytes = batch.Length }));
        Assert.Equal(ErrorCode.MessageTooLarge, Check(batch, new() { MaxMessageBytes = batch.Length - 1 }));
    }

    [Fact]
    public void Times_are_within_what_the_topic_takes()
    {
        Assert.Equal(ErrorCode.InvalidTimestamp, Check(Batches.At(5_001, ("k", "v")), new() { TimestampAfterMaxMs = 3_000 }));
        Assert.Equal(ErrorCode.InvalidTimestamp, Check(Batches.At(999, ("k", "v")), new() { TimestampBeforeMaxMs = 1_000 }));
        Assert.Null(Check(Batches.At(999, ("k", "v")), new() { TimestampBeforeMaxMs = 1_000, UsesAppendTime = true }));
    }

    [Fact]
    public void A_compacted_topic_takes_no_record_without_a_key_and_no_client_writes_markers()
    {
        Assert.Equal(ErrorCode.InvalidRecord, Check(Batches.Of(("k", "v"), (null, "v")), new() { IsCompacted = true }));
        Assert.Equal(ErrorCode.InvalidRecord, Check(Batches.Marker(1, 0, isCommit: true)));
    }
}
