using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Tests.Wire;

public sealed class GoldenTests
{
    [Fact]
    public void Every_version_of_every_message_has_golden_bytes()
    {
        foreach (var (name, message) in AnyMessage.ByName)
        {
            for (var version = message.Oldest; version <= message.Newest; version++)
            {
                var here = Golden.All.Where(g => g.Message == name && g.Version == version).ToList();
                Assert.Equal(2, here.Count(g => !g.HasUnknownTags));
                Assert.Equal(version >= message.FlexibleFrom ? 2 : 0, here.Count(g => g.HasUnknownTags));
            }
        }
        Assert.Equal(106, AnyMessage.ByName.Count);
    }

    [Fact]
    public void Golden_bytes_are_read_with_all_their_values()
    {
        foreach (var golden in Golden.All.Where(g => !g.HasUnknownTags)) Check(golden, golden.Bytes);
    }

    [Fact]
    public void What_was_read_is_written_to_the_same_bytes()
    {
        foreach (var golden in Golden.All.Where(g => !g.HasUnknownTags))
        {
            var message = AnyMessage.ByName[golden.Message];
            var written = message.Write(message.Read(golden.Bytes, golden.Version, out _), golden.Version);
            Assert.True(golden.Bytes.AsSpan().SequenceEqual(written), $"{golden}: {Convert.ToHexStringLower(written)}");
        }
    }

    [Fact]
    public void Tagged_fields_that_are_unknown_are_passed_over()
    {
        foreach (var golden in Golden.All.Where(g => g.HasUnknownTags)) Check(golden, golden.Bytes);
    }

    [Fact]
    public void A_value_that_a_version_cannot_say_is_refused_unless_it_may_be_left_out()
    {
        using var writer = new WireWriter();
        var refused = Assert.Throws<WireException>(() => new FetchResponse { SessionId = 7 }.Write(writer, 6));
        Assert.Equal("'SessionId' can't be said in version 6 of this message. Use a newer version, or leave it as it is by itself.", refused.Message);
        new FetchResponse { SessionId = 7 }.Write(writer, 7);
        new FetchRequest { RackId = "r1" }.Write(writer, 4);
    }

    static void Check(Golden golden, byte[] bytes)
    {
        var read = AnyMessage.ByName[golden.Message].Read(bytes, golden.Version, out var left);
        Assert.True(left == 0, $"{golden}: {left} bytes are left.");
        Compare(read, golden.Values, golden.ToString());
    }

    static void Compare(object actual, JsonElement expected, string at)
    {
        var untouched = Activator.CreateInstance(actual.GetType());
        var properties = AnyMessage.Properties(actual.GetType()).ToList();
        foreach (var property in properties)
        {
            if (expected.TryGetProperty(property.Name, out var value)) CompareValue(property.GetValue(actual), value, $"{at}.{property.Name}");
            else CompareUntouched(property, actual, untouched, at);
        }
        foreach (var said in expected.EnumerateObject()) Assert.True(properties.Exists(p => p.Name == said.Name), $"{at}.{said.Name} is not a property.");
    }

    // What a version doesn't have is as it is by itself.
    static void CompareUntouched(PropertyInfo property, object actual, object? untouched, string at)
    {
        var (here, there) = (property.GetValue(actual), property.GetValue(untouched));
        if (here is IList { Count: 0 } && there is IList { Count: 0 }) return;
        if (here?.GetType().Assembly == typeof(WireReader).Assembly && !here.GetType().IsEnum && there is not null) return;
        Assert.True(Equals(here, there), $"{at}.{property.Name} is {here}, where its version has no such field.");
    }

    static void CompareValue(object? actual, JsonElement expected, string at)
    {
        if (expected.ValueKind == JsonValueKind.Null)
        {
            Assert.True(actual is null, $"{at} is {actual} rather than null.");
            return;
        }
        Assert.True(actual is not null, $"{at} is null rather than {expected}.");
        switch (actual)
        {
            case byte[] bytes:
                Same(Convert.ToHexStringLower(bytes), expected.GetString());
                break;
            case ReadOnlyMemory<byte> records:
                Same(Convert.ToHexStringLower(records.Span), expected.GetString());
                break;
            case Guid id:
                Same(id.ToString("N"), expected.GetString());
                break;
            case string text:
                Same(text, expected.GetString());
                break;
            case bool truth:
                Same(truth, expected.GetBoolean());
                break;
            case double number:
                Same(number, expected.GetDouble());
                break;
            case IList list:
                Same(list.Count, expected.GetArrayLength());
                for (var i = 0; i < list.Count; i++) CompareValue(list[i], expected[i], $"{at}[{i}]");
                break;
            case Enum or IConvertible:
                Same(Convert.ToInt64(actual, CultureInfo.InvariantCulture), expected.GetInt64());
                break;
            default:
                Compare(actual, expected, at);
                break;
        }

        void Same<T>(T here, T wanted) => Assert.True(Equals(here, wanted), $"{at} is {here} rather than {wanted}.");
    }
}
