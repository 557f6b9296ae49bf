using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Connections;

/// <summary>Opens connections: TCP, TLS, what the broker can do, who we are.</summary>
static class Dialer
{
    internal static async Task<BrokerConnection> OpenAsync(BrokerAddress address, KafkaOptions options, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(options.ConnectTimeout, options.Time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        Stream? stream = null;
        BrokerConnection? connection = null;
        try
        {
            stream = await ConnectAsync(address, options, patience.Token).ConfigureAwait(false);
            connection = new BrokerConnection(stream, address, options);
            connection.Start();
            connection.Versions = await AskVersionsAsync(connection, patience.Token).ConfigureAwait(false);
            if (options.Sasl is not null) await LogInAsync(connection, options.Sasl, patience.Token).ConfigureAwait(false);
            return connection;
        }
        catch (Exception failed)
        {
            if (connection is not null) await connection.DisposeAsync().ConfigureAwait(false);
            else if (stream is not null) await stream.DisposeAsync().ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            throw failed switch
            {
                KafkaException known => known,
                OperationCanceledException => new KafkaException(ErrorCode.NetworkException, $"The broker {address} did not answer within {options.ConnectTimeout.TotalSeconds:0.#} s.{Hint(options)}", failed),
                AuthenticationException => new KafkaException(ErrorCode.SaslAuthenticationFailed, $"No encrypted connection to the broker {address}: {failed.Message} Check KafkaOptions.Tls, and that this port of the broker speaks TLS.", failed),
                _ => new KafkaException(ErrorCode.NetworkException, $"The broker {address} can't be reached: {failed.Message.TrimEnd('.')}. Check that it runs, and that the address it advertises can be reached from here.", failed),
            };
        }
    }

    static string Hint(KafkaOptions options) => options.Tls is null ? " If it speaks TLS, set KafkaOptions.Tls." : "";

    static async ValueTask<Stream> ConnectAsync(BrokerAddress address, KafkaOptions options, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, cancellation).ConfigureAwait(false);
            var plain = new NetworkStream(socket, ownsSocket: true);
            if (options.Tls is null) return plain;
            var encrypted = new SslStream(plain);
            await encrypted.AuthenticateAsClientAsync(options.Tls.For(address.Host), cancellation).ConfigureAwait(false);
            return encrypted;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    static async ValueTask<BrokerVersions> AskVersionsAsync(BrokerConnection connection, CancellationToken cancellation)
    {
        var request = new ApiVersionsRequest { ClientSoftwareName = "millrace", ClientSoftwareVersion = typeof(Dialer).Assembly.GetName().Version?.ToString(3) ?? "1.0.0" };
        // Brokers that don't know the version answer with error 35, and are asked again in the one that all know.
        for (var version = (short)3; ; version = 0)
        {
            var answer = await AskVersionsAsync(connection, version == 0 ? new() : request, version, cancellation).ConfigureAwait(false);
            if (answer.ErrorCode == ErrorCode.None) return new(answer);
            if (answer.ErrorCode != ErrorCode.UnsupportedVersion || version == 0) throw KafkaException.Of(answer.ErrorCode, $"The broker {connection.Address} did not say what it can do");
        }
    }

    static async ValueTask<ApiVersionsResponse> AskVersionsAsync(BrokerConnection connection, ApiVersionsRequest request, short version, CancellationToken cancellation)
    {
        using var writer = new WireWriter();
        var exchange = new AwaitedExchange();
        connection.Begin<ApiVersionsRequest>(writer, version, exchange);
        request.Write(writer, version);
        writer.SetInt32(0, writer.Length - 4);
        await connection.SendAsync(exchange, writer.Written).ConfigureAwait(false);
        using var frame = await exchange.WaitAsync(cancellation).ConfigureAwait(false);
        var isRefused = System.Buffers.Binary.BinaryPrimitives.ReadInt16BigEndian(frame.Memory.Span[4..]) == (short)ErrorCode.UnsupportedVersion;
        // In which shape the rest then is, brokers don't agree.
        return isRefused ? new() { ErrorCode = ErrorCode.UnsupportedVersion } : frame.Read<ApiVersionsResponse>(version);
    }

    static async ValueTask LogInAsync(BrokerConnection connection, SaslLogin login, CancellationToken cancellation)
    {
        var handshake = await connection.AskAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new() { Mechanism = login.Mechanism }, cancellation).ConfigureAwait(false);
        if (handshake.ErrorCode != ErrorCode.None)
            throw new KafkaException(handshake.ErrorCode, $"The broker {connection.Address} doesn't take SASL {login.Mechanism}. It takes {(handshake.Mechanisms.Count == 0 ? "none" : string.Join(", ", handshake.Mechanisms))}.");
        var talk = login.Begin();
        for (byte[]? answer = null; await talk.NextAsync(answer, cancellation).ConfigureAwait(false) is { } message;)
        {
            var response = await connection.AskAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(new() { AuthBytes = message }, cancellation).ConfigureAwait(false);
            if (response.ErrorCode != ErrorCode.None) throw KafkaException.Of(response.ErrorCode, $"The broker {connection.Address} refused the login", response.ErrorMessage);
            answer = response.AuthBytes;
        }
    }
}
