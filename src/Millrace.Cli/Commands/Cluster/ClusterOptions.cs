using System.CommandLine;
using Millrace.Execution;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

/// <summary>Which Kafka cluster a command is about, and who asks there: Millrace's broker or any other.</summary>
sealed class ClusterOptions
{
    // Whoever waits at a terminal wants to hear of it; the libraries are more patient.
    static readonly TimeSpan patience = TimeSpan.FromSeconds(5);

    const string NobodyHere = " 'millrace up' and 'millrace broker' start one here; --bootstrap-server names another.";

    readonly Option<string?> bootstrap = new("--bootstrap-server", "-b") { Description = "Some of the cluster's brokers, with commas between; otherwise the broker of this machine.", HelpName = "host:port" };

    readonly Option<string?> file = new("--command-config") { Description = "A file of properties by Kafka's names: security.protocol, sasl.mechanism, ssl.ca.location ...; otherwise kafka.properties in the home folder, where there is one.", HelpName = "file" };

    internal void AddTo(Command command)
    {
        command.Add(bootstrap);
        command.Add(file);
    }

    /// <summary>The action of a command that asks the cluster.</summary>
    internal void SetAction(Command command, Func<KafkaAdmin, Session, ParseResult, Task> run) => SetAction(command, (KafkaClient kafka, Session session, ParseResult parsed) => run(kafka.Admin, session, parsed));

    /// <summary>The action of a command that reads or writes records.</summary>
    /// <param name="alsoBootstrap">Another name of the option that names brokers.</param>
    internal void SetAction(Command command, Func<KafkaClient, Session, ParseResult, Task> run, Option<string?>? alsoBootstrap = null)
    {
        AddTo(command);
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            await using var kafka = Connect(session, parsed, alsoBootstrap is null ? null : parsed.GetValue(alsoBootstrap));
            try
            {
                await run(kafka, session, parsed);
                return ExitCode.Ok;
            }
            catch (KafkaException refused)
            {
                throw new UserErrorException(Reword(refused.Message) + (refused.Code == ErrorCode.NetworkException && parsed.GetValue(bootstrap) is null ? NobodyHere : ""), refused.IsRetriable && refused.Code != ErrorCode.UnknownTopicOrPartition ? ExitCode.Unavailable : ExitCode.Usage);
            }
        }));
    }

    KafkaClient Connect(Session session, ParseResult parsed, string? servers)
    {
        var given = parsed.GetValue(file);
        try
        {
            // That of the home folder need not be there, but one that is named has to be.
            var properties = given is not null || File.Exists(session.Home.KafkaProperties) ? ClusterProperties.Load(given ?? session.Home.KafkaProperties) : new();
            return new(properties.Options(parsed.GetValue(bootstrap) ?? servers ?? properties.BootstrapServers ?? Local(session)) with { RetryTimeout = patience });
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{(given is null ? session.Home.KafkaProperties : "The file of --command-config")} can't be read: {failed.Message}");
        }
        catch (FormatException wrong)
        {
            throw new UserErrorException(wrong.Message);
        }
        catch (ArgumentException wrong)
        {
            throw new UserErrorException(wrong.Message.Replace("BootstrapServers", "--bootstrap-server", StringComparison.Ordinal));
        }
    }

    // Where the 'up' of this home says that its broker is; without one, where it would be, which is where 'millrace broker' is too.
    static string Local(Session session) => session.Home.ReadBrokerServers() ?? session.Settings.Broker.PortNumber switch
    {
        null => "localhost:9092",
        0 => throw new UserErrorException("broker.port is 0, and no 'millrace up' runs here that says which port its broker has. Start it, or name a broker with --bootstrap-server localhost:PORT."),
        var port => $"localhost:{port}",
    };

    // At a terminal there are no KafkaOptions.
    static string Reword(string message) => message
        .Replace("set KafkaOptions.Tls", "set security.protocol to SSL or SASL_SSL in a file for --command-config", StringComparison.Ordinal)
        .Replace("KafkaOptions.Tls", "security.protocol and ssl.ca.location in the file of --command-config", StringComparison.Ordinal)
        .Replace("KafkaOptions.Sasl", "sasl.username and sasl.password in the file of --command-config", StringComparison.Ordinal);
}
