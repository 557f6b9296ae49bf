using System.CommandLine;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Millrace.Broker;
using Millrace.Cli.Running;

namespace Millrace.Cli.Commands;

/// <summary>Runs the event broker alone. It needs no settings, no store and no home folder, so nothing of them is loaded.</summary>
static class BrokerCommand
{
    internal const string Says = "Runs the event broker, which any Kafka client can use. Ctrl-C stops it.";

    internal static Command Create()
    {
        var port = new Option<int>("--port") { Description = "The port to listen on; 0 takes one that is free.", HelpName = "number", DefaultValueFactory = _ => 9092 };
        var host = new Option<string>("--host") { Description = "The address to listen on. Beyond this machine, clients must authenticate themselves or --allow-anonymous must be given.", HelpName = "address", DefaultValueFactory = _ => "127.0.0.1" };
        var advertise = new Option<string?>("--advertise") { Description = "What clients are told to connect to, where it differs.", HelpName = "host:port" };
        var data = new Option<string?>("--data") { Description = "Where it keeps its data; otherwise 'broker' in the home folder.", HelpName = "folder" };
        var durability = new Option<string>("--durability") { Description = "When records are acknowledged: once they are on the disk, or as Kafka does, once the operating system has them.", DefaultValueFactory = _ => "disk" };
        durability.AcceptOnlyFromAmong("disk", "page-cache");
        var anonymous = new Option<bool>("--allow-anonymous") { Description = "Let clients of other machines in without asking who they are." };
        var set = new Option<string[]>("--set") { Description = "A setting by Kafka's name, as in --set num.partitions=3. May be given more than once.", HelpName = "name=value" };
        var users = new Option<string?>("--users") { Description = "A file with a user and a password a line, with a colon between. With it, clients must authenticate themselves.", HelpName = "file" };
        var superUsers = new Option<string[]>("--super-user") { Description = "A user whom no rule binds. With one, all others may do what rules (ACLs) allow.", HelpName = "name" };
        var certificate = new Option<string?>("--certificate") { Description = "A file (PEM) with the certificate and its key. With it, connections are TLS.", HelpName = "file" };
        var command = new Command("broker", Says) { port, host, advertise, data, durability, anonymous, users, superUsers, certificate, set };
        command.SetAction((parsed, cancellation) => RunAsync(parsed, () => new BrokerOptions
        {
            Folder = parsed.GetValue(data) ?? Path.Combine(HomeOf(parsed), "broker"),
            Host = parsed.GetValue(host)!,
            Port = parsed.GetValue(port),
            Advertised = parsed.GetValue(advertise),
            Durability = parsed.GetValue(durability) == "disk" ? Durability.Disk : Durability.PageCache,
            AllowAnonymous = parsed.GetValue(anonymous),
            Users = parsed.GetValue(users) is { } file ? Users(file) : new Dictionary<string, string>(),
            SuperUsers = parsed.GetValue(superUsers) ?? [],
            Certificate = parsed.GetValue(certificate) is { } pem ? X509Certificate2.CreateFromPemFile(pem) : null,
            Settings = Settings(parsed.GetValue(set) ?? []),
        }, cancellation));
        return command;
    }

    static string HomeOf(ParseResult parsed) => parsed.GetValue(CommandTree.Home)
        ?? (Environment.GetEnvironmentVariable("MILLRACE_HOME") is { Length: > 0 } home ? home : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".millrace"));

    static Dictionary<string, string> Users(string file)
    {
        var users = new Dictionary<string, string>();
        foreach (var line in File.ReadLines(file).Where(l => l.Length > 0))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0) throw new UserErrorException($"{file}: a line is user:password.");
            users[line[..colon]] = line[(colon + 1)..];
        }
        if (users.Count == 0) throw new UserErrorException($"{file} names no user.");
        return users;
    }

    static Dictionary<string, string> Settings(string[] given)
    {
        var settings = new Dictionary<string, string>();
        foreach (var one in given)
        {
            var equals = one.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) throw new UserErrorException($"--set {one}: write a setting as name=value.");
            settings[one[..equals]] = one[(equals + 1)..];
        }
        return settings;
    }

    static async Task<int> RunAsync(ParseResult parsed, Func<BrokerOptions> options, CancellationToken cancellation)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        using var loggers = new TerminalLoggers(error, TimeProvider.System);
        try
        {
            var chosen = options();
            await using var broker = await EmbeddedBroker.StartAsync(chosen, loggers.CreateLogger("broker"), cancellation);
            await output.WriteLineAsync($"The broker listens on {broker.BootstrapServers} and keeps its data in {chosen.Folder}. Records are acknowledged {(chosen.Durability == Durability.Disk ? "once they are on the disk" : "once the operating system has them")}.");
            await output.FlushAsync(CancellationToken.None);
            await Task.Delay(Timeout.Infinite, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ExitCode.Ok;
        }
        catch (Exception wrong) when (wrong is UserErrorException or ArgumentException)
        {
            await error.WriteLineAsync(wrong.Message);
            return ExitCode.Usage;
        }
        catch (Exception failed) when (failed is BrokerException or CryptographicException or IOException or SocketException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync(failed.Message);
            return ExitCode.Unavailable;
        }
    }
}
