using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Millrace.Kafka;
using Millrace.Kafka.Wire;

namespace Millrace.EndToEnd.Tests.FirstFiveMinutes;

public sealed class BrokerTests
{
    [Fact]
    public async Task Up_brings_an_event_broker_that_answers_and_goes_with_it()
    {
        await using var stranger = new Stranger();
        var up = await stranger.StartAsync(brokerPort: "0");
        await up.SaysAsync("\"event\":\"broker\"", stranger.Cancellation);
        var told = up.Output.Split('\n').Where(l => l.StartsWith('{')).Select(l => JsonDocument.Parse(l).RootElement).First(e => e.GetProperty("event").GetString() == "broker");
        var address = IPEndPoint.Parse(told.GetProperty("bootstrap").GetString()!);

        // Tasks find it there.
        var place = Path.Combine(stranger.Home, "run", "broker");
        Assert.Equal(address.ToString(), await File.ReadAllTextAsync(place, stranger.Cancellation));
        Assert.True(IPAddress.IsLoopback(address.Address));
        var answer = await AskVersionsAsync(address, stranger.Cancellation);
        Assert.Equal(ErrorCode.None, answer.ErrorCode);
        Assert.Contains(answer.ApiKeys, k => k.ApiKey == (short)ApiKey.Produce);
        Assert.True(Directory.Exists(Path.Combine(stranger.Home, "broker", "state")));
        // So do commands that name no broker.
        await stranger.ReadAsync("topics", "create", "users");
        Assert.Contains("users", await stranger.ReadAsync("topics", "list"), StringComparison.Ordinal);

        up.Interrupt();
        Assert.Equal(0, (await up.EndsAsync(stranger.Cancellation)).ExitCode);
        Assert.False(File.Exists(place));
        await Assert.ThrowsAsync<SocketException>(() => AskVersionsAsync(address, stranger.Cancellation));
    }

    [Fact]
    public async Task Up_says_that_the_port_of_the_broker_is_taken_and_runs_all_else()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = $"{((IPEndPoint)taken.LocalEndpoint).Port}";
        await using var stranger = new Stranger();
        var up = await stranger.StartAsync(brokerPort: port);
        await up.SaysAsync($"The broker didn't start: port {port} is taken by another program. Choose another with --broker-port, or --broker-port none.", stranger.Cancellation);
        Assert.False(File.Exists(Path.Combine(stranger.Home, "run", "broker")));
        Assert.Contains("\"event\":\"ready\"", up.Output, StringComparison.Ordinal);
        Assert.False(up.HasExited);

        up.Interrupt();
        Assert.Equal(0, (await up.EndsAsync(stranger.Cancellation)).ExitCode);
    }

    [Fact]
    public async Task Up_starts_no_broker_where_none_is_wanted_and_refuses_a_port_that_is_none()
    {
        await using var stranger = new Stranger();
        // As one that was killed leaves it.
        var left = Path.Combine(stranger.Home, "run", "broker");
        Directory.CreateDirectory(Path.GetDirectoryName(left)!);
        await File.WriteAllTextAsync(left, "127.0.0.1:1", stranger.Cancellation);
        Assert.Contains("broker.port is '99999'. Give 0 to 65535, or none.", await stranger.MistypeAsync("up", "--broker-port", "99999"), StringComparison.Ordinal);

        var up = await stranger.StartAsync(brokerPort: "none");
        up.Interrupt();
        var end = await up.EndsAsync(stranger.Cancellation);
        Assert.Equal(0, end.ExitCode);
        Assert.DoesNotContain("broker", end.Printed, StringComparison.Ordinal);
        Assert.False(File.Exists(left));
        Assert.False(Directory.Exists(Path.Combine(stranger.Home, "broker")));
    }

    static async Task<ApiVersionsResponse> AskVersionsAsync(IPEndPoint address, CancellationToken cancellation)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address, cancellation);
        var stream = client.GetStream();
        // | length, 4 bytes | ApiVersions, 2 | version 0, 2 | correlation id, 4 | no client id, 2 |
        await stream.WriteAsync(new byte[] { 0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff }, cancellation);
        var head = new byte[8];
        await stream.ReadExactlyAsync(head, cancellation);
        var body = new byte[System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(head) - 4];
        await stream.ReadExactlyAsync(body, cancellation);
        return Read(body);
    }

    static ApiVersionsResponse Read(byte[] body)
    {
        var reader = new WireReader(body);
        return ApiVersionsResponse.Read(ref reader, 0);
    }
}
