using System.Buffers.Binary;
using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Hostile;

/// <summary>Requests that are none, or not quite.</summary>
public sealed class FrameTests(ITestOutputHelper output)
{
    // They are answered when others have spoken, or there are records.
    static bool Waits(ApiKey key) => key is ApiKey.Fetch or ApiKey.JoinGroup or ApiKey.SyncGroup;

    // Would take its topic from the client beside, or slow it down.
    static bool IsSpared(ApiKey key) => key is ApiKey.AlterClientQuotas;

    [Fact]
    public Task Garbage_for_every_api_and_version_is_answered_or_ends_its_connection() => HostileBed.RunAsync(output, usual: 3, async bed =>
    {
        foreach (var api in bed.Node.Apis.All)
        {
            for (var version = (short)(api.Oldest - 1); version <= api.Newest + 1; version++)
            {
                for (var round = 0; round < 2; round++)
                {
                    var body = new byte[bed.Random.Next(0, 200)];
                    bed.Random.NextBytes(body);
                    // Small numbers look more like lengths than others do.
                    for (var i = 0; i < body.Length; i++) if (bed.Random.Next(3) > 0) body[i] = (byte)bed.Random.Next(4);
                    await bed.SendAsync(Frames.Around((short)api.Key, version, body, version >= api.FlexibleFrom), leaves: Waits(api.Key));
                }
            }
        }
        for (var i = 0; i < 50; i++) await bed.SendAsync(Frames.Around((short)bed.Random.Next(100, short.MaxValue), (short)bed.Random.Next(-2, 20), [1, 2, 3], isFlexible: false));
    });

    [Fact]
    public Task Good_requests_of_every_api_that_are_changed_or_cut_are_answered_or_end_their_connection() => HostileBed.RunAsync(output, usual: 3, async bed =>
    {
        using var client = new BrokerClient(bed.Broker);
        await client.CreateAsync(RequestFiller.Topic);
        var id = (await client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = RequestFiller.Topic }] }, 12)).Topics[0].TopicId;
        var filler = new RequestFiller(id, "g", 1, 0);
        foreach (var api in bed.Node.Apis.All.Where(a => !IsSpared(a.Key)))
        {
            for (var version = api.Oldest; version <= api.Newest; version++)
            {
                var good = Frames.Filled(api, version, filler);
                for (var round = 0; round < 6; round++) await bed.SendAsync(Frames.Changed(good, bed.Random), leaves: Waits(api.Key));
                await bed.SendAsync(good[..bed.Random.Next(1, good.Length)]);
            }
        }
    });

    public static TheoryData<string, byte[]> Lies
    {
        get
        {
            byte[] whole = Frames.Of(new MetadataRequest { Topics = [] }, 12);
            byte[] Length(int length) { var bytes = whole.ToArray(); BinaryPrimitives.WriteInt32BigEndian(bytes, length); return bytes; }
            byte[] Metadata(params byte[] body) => Frames.Around((short)ApiKey.Metadata, 12, body, isFlexible: true);
            byte[] Old(params byte[] body) => Frames.Around((short)ApiKey.Metadata, 1, body, isFlexible: false);
            return new()
            {
                { "a negative length", Length(-1) },
                { "the least length", Length(int.MinValue) },
                { "a length beyond all", Length(int.MaxValue) },
                { "a length beyond the setting", Length((100 << 20) + 1) },
                { "no length", Length(0) },
                { "a length below a head", Length(7) },
                { "a length that is one short", Length(whole.Length - 5) },
                { "a length that is one long", Length(whole.Length - 3) },
                { "a count that doesn't end", Metadata(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff) },
                { "a count over 32 bits", Metadata(0xff, 0xff, 0xff, 0xff, 0x7f) },
                { "a count of 4 billion", Metadata(0xff, 0xff, 0xff, 0xff, 0x0f) },
                { "a count in more bytes than it needs, cut", Metadata(0x82, 0x80, 0x80, 0x80, 0x00) },
                { "a count of 2 billion", Old(0x7f, 0xff, 0xff, 0xff) },
                { "a count below none", Old(0xff, 0xff, 0xff, 0xfe) },
                { "a text below none", Old(0, 0, 0, 1, 0xff, 0xfe) },
                { "a text that is longer than the message", Old(0, 0, 0, 1, 0x7f, 0xff) },
                { "no text where there must be one", Old(0, 0, 0, 1, 0xff, 0xff) },
                { "more tags than bytes", Metadata(1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f) },
                { "a tag that is longer than the message", Metadata(1, 0, 0, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x07) },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_lie_about_a_length_ends_its_connection_with_a_line_that_says_why(string what, byte[] bytes)
    {
        await using var bed = new HostileBed(seed: 1);
        Assert.Empty(await bed.SendAsync(bytes));
        await bed.CheckAsync();
        Assert.True(bed.Warnings.Any(w => w.Contains("Ended the connection", StringComparison.Ordinal)), $"Nothing was said about {what}.");
    }
}
