using Millrace.Broker.Logs;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Topics;

sealed class Topic(string name, Guid id, IReadOnlyDictionary<string, string> config, TopicSettings settings)
{
    Partition[] partitions = [];

    internal string Name => name;

    internal Guid Id => id;

    /// <summary>The settings that it was given.</summary>
    internal IReadOnlyDictionary<string, string> Config { get; private set; } = config;

    internal TopicSettings Settings { get; private set; } = settings;

    internal bool IsDeleted { get; set; }

    /// <summary>Whether it's being deleted, or the disk refused that and may have it all the same.</summary>
    internal bool IsLeaving { get; set; }

    internal IReadOnlyList<Partition> Partitions => Volatile.Read(ref partitions);

    internal Partition? Find(int index)
    {
        var all = Volatile.Read(ref partitions);
        return (uint)index < (uint)all.Length ? all[index] : null;
    }

    internal void Add(IEnumerable<Partition> more) => Volatile.Write(ref partitions, [.. partitions, .. more]);

    internal void Configure(IReadOnlyDictionary<string, string> given, TopicSettings now)
    {
        (Config, Settings) = (given, now);
        foreach (var partition in Partitions) partition.Log.Settings = now;
    }

    /// <summary>What is remembered of a topic: | id | partitions | settings | name | value | ... |</summary>
    internal static byte[] Write(Guid id, int partitions, IReadOnlyDictionary<string, string> config)
    {
        using var writer = new WireWriter { Flexible = true };
        writer.Uuid(id);
        writer.Int32(partitions);
        writer.Int32(config.Count);
        foreach (var (key, value) in config)
        {
            writer.String(key);
            writer.String(value);
        }
        return writer.Written.ToArray();
    }

    internal static (Guid Id, int Partitions, Dictionary<string, string> Config) Read(byte[] bytes)
    {
        var reader = new WireReader(bytes) { Flexible = true };
        var (id, partitions, count) = (reader.Uuid(), reader.Int32(), reader.Int32());
        var config = new Dictionary<string, string>(count);
        for (var i = 0; i < count; i++) config.Add(reader.String(), reader.String());
        return (id, partitions, config);
    }

    /// <summary>What is wrong with a name, or null.</summary>
    internal static string? NameFlaw(string name) => name switch
    {
        "" => "A topic needs a name.",
        "." or ".." => $"A topic can't be named '{name}'.",
        { Length: > 249 } => $"The name of a topic has {name.Length} characters; 249 are allowed.",
        _ when name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-') => null,
        _ => $"'{name}' can't be the name of a topic: letters of ASCII, digits, '.', '_' and '-' are allowed.",
    };
}
