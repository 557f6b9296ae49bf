using System.Buffers.Binary;
using System.Reflection;
using Millrace.Broker.Connections;
using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Hostile;

/// <summary>Requests as bytes, good ones and others.</summary>
static class Frames
{
    /// <summary>A request with a true length around whatever is to be its body.</summary>
    internal static byte[] Around(short api, short version, ReadOnlySpan<byte> body, bool isFlexible)
    {
        byte[] head = [0, 0, 0, 0, (byte)(api >> 8), (byte)api, (byte)(version >> 8), (byte)version, 0, 0, 0, 7, 0, 1, (byte)'h'];
        byte[] frame = isFlexible ? [.. head, 0, .. body] : [.. head, .. body];
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - 4);
        return frame;
    }

    internal static byte[] Of<T>(T request, short version) where T : IMessage<T>
    {
        using var writer = new WireWriter { Flexible = version >= T.FlexibleFrom };
        request.Write(writer, version);
        return Around((short)T.Api, version, writer.Written.Span, version >= T.FlexibleFrom);
    }

    /// <summary>A request of that API which names things that are there, with all that its version can say.</summary>
    internal static byte[] Filled(Api api, short version, RequestFiller filler)
    {
        var type = typeof(ApiKey).Assembly.GetType($"Millrace.Kafka.Wire.{api.Key}Request", throwOnError: true)!;
        return (byte[])typeof(Frames).GetMethod(nameof(Fill), BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(type).Invoke(null, [version, filler])!;
    }

    static byte[] Fill<T>(short version, RequestFiller filler) where T : IMessage<T>, new()
    {
        var request = filler.Fill<T>(version);
        if (request is ProduceRequest produce) produce.Acks = -1;
        return Of(request, version);
    }

    /// <summary>Changes some bytes, and mostly keeps the length true, so that what is behind it is read at all.</summary>
    internal static byte[] Changed(byte[] good, Random random)
    {
        var frame = good.ToArray();
        for (var changes = random.Next(1, 6); changes > 0; changes--)
        {
            // Behind the API and the version, so that they reach whom they are meant for.
            var at = random.Next(8, frame.Length);
            frame[at] = random.Next(5) switch { 0 => 0xff, 1 => 0x7f, 2 => 0x80, 3 => 0, _ => (byte)random.Next(256) };
        }
        switch (random.Next(8))
        {
            case 0:
                frame = frame[..random.Next(1, frame.Length)];
                if (frame.Length < 4) return frame;
                break;
            case 1:
                frame = [.. frame, .. new byte[random.Next(1, 20)]];
                break;
            case 2:
                return frame;
        }
        if (random.Next(10) > 0) BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - 4);
        return frame;
    }
}
