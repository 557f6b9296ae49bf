using System.CommandLine;
using Millrace.Cli.Commands;

namespace Millrace.Cli;

/// <summary>The commands. Only the one that was typed is built: the others are a name and a line of help.</summary>
static class CommandTree
{
    internal static Option<string?> Home { get; } = new("--home")
    {
        Description = "The home folder; otherwise MILLRACE_HOME, otherwise ~/.millrace.",
        HelpName = "folder",
        Recursive = true,
    };

    internal static Option<string?> Store { get; } = new("--store")
    {
        Description = "A PostgreSQL connection string; otherwise MILLRACE_STORE or millrace.json, otherwise SQLite in the home folder.",
        HelpName = "connection",
        Recursive = true,
    };

    internal static Option<bool> Json { get; } = new("--json")
    {
        Description = "Print one JSON document.",
        Recursive = true,
    };

    static readonly (string Name, string Says, Func<Command> Create)[] Entries =
    [
        ("up", UpCommand.Says, UpCommand.Create),
        ("scheduler", SchedulerCommand.Says, SchedulerCommand.Create),
        ("worker", WorkerCommand.Says, WorkerCommand.Create),
        ("broker", BrokerCommand.Says, BrokerCommand.Create),
        ("produce", ProduceCommand.Says, ProduceCommand.Create),
        ("consume", ConsumeCommand.Says, ConsumeCommand.Create),
        ("topics", TopicsGroup.Says, TopicsGroup.Create),
        ("groups", GroupsGroup.Says, GroupsGroup.Create),
        ("acls", AclsGroup.Says, AclsGroup.Create),
        ("configs", ConfigsGroup.Says, ConfigsGroup.Create),
        ("dags", DagsGroup.Says, DagsGroup.Create),
        ("runs", RunsGroup.Says, RunsGroup.Create),
        ("tasks", TasksGroup.Says, TasksGroup.Create),
        ("pools", PoolsGroup.Says, PoolsGroup.Create),
        ("variables", VariablesGroup.Says, VariablesGroup.Create),
        ("assets", AssetsGroup.Says, AssetsGroup.Create),
        ("sql", SqlCommand.Says, SqlCommand.Create),
        ("convert", ConvertCommand.Says, ConvertCommand.Create),
        ("load", LoadCommand.Says, LoadCommand.Create),
        ("db", DbGroup.Says, DbGroup.Create),
        ("config", ConfigGroup.Says, ConfigGroup.Create),
        ("new", NewGroup.Says, NewGroup.Create),
        ("bench", BenchCommand.Says, BenchCommand.Create),
    ];

    /// <summary>What scripts beside the binary call, which people find under other names.</summary>
    static readonly (string Name, Func<Command> Create)[] forScripts =
    [
        ("kafka-topics", KafkaTopics.Create),
        ("kafka-console-producer", KafkaConsoleProducer.Create),
        ("kafka-console-consumer", KafkaConsoleConsumer.Create),
    ];

    internal static IEnumerable<string> Names => Entries.Select(entry => entry.Name);

    internal static RootCommand For(string[] args)
    {
        var typed = args.FirstOrDefault(arg => Names.Contains(arg) || forScripts.Any(script => script.Name == arg));
        return Create(name => name == typed);
    }

    internal static RootCommand Whole() => Create(_ => true);

    static RootCommand Create(Func<string, bool> isWanted)
    {
        var root = new RootCommand("Millrace runs data pipelines written in C#.") { Home, Store, Json };
        foreach (var (name, says, create) in Entries)
            root.Add(isWanted(name) ? create() : new Command(name, says));
        foreach (var (_, create) in forScripts.Where(script => isWanted(script.Name)))
        {
            var command = create();
            command.Hidden = true;
            root.Add(command);
        }
        return root;
    }

    internal static string PathOf(Command command)
    {
        var parent = command.Parents.OfType<Command>().FirstOrDefault();
        return parent is null ? "millrace" : $"{PathOf(parent)} {command.Name}";
    }

    internal static IEnumerable<Option> OptionsOf(Command command) =>
        command.Options.Concat(command.Parents.OfType<Command>().SelectMany(OptionsOf).Where(option => option.Recursive));
}
