using System.Reflection;
using Millrace.Dags;
using Millrace.Hosting.Settings;
using Millrace.Kafka;
using Millrace.Metadata;
using Millrace.Storage.Sqlite;

namespace Millrace.Hosting;

/// <summary>What a host says about the Millrace inside it.</summary>
public sealed class MillraceBuilder
{
    readonly Dictionary<string, Dag> _dags = new(StringComparer.Ordinal);

    internal IReadOnlyDictionary<string, Dag> Dags => _dags;
    internal string? HomePath { get; private set; }
    internal string? SqlitePath { get; private set; }
    internal string? Postgres { get; private set; }
    internal KafkaOptions? Kafka { get; private set; }
    internal int MaxParallel { get; private set; } = Math.Max(4, 4 * Environment.ProcessorCount);
    internal TimeSpan Grace { get; private set; } = TimeSpan.FromSeconds(10);

    public MillraceBuilder AddDag(Dag dag)
    {
        ArgumentNullException.ThrowIfNull(dag);
        if (!_dags.TryAdd(dag.Name, dag))
            throw new DagException($"Dag '{dag.Name}' was added twice. Rename one of them, or add it once.");
        return this;
    }

    /// <summary>Adds the Dags that the assembly declares as static fields, properties or methods of type <see cref="Dag"/>.</summary>
    /// <exception cref="DagException">One of them can't be built.</exception>
    public MillraceBuilder AddDagsFrom(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        var found = DagDiscovery.Find(assembly);
        if (found.Errors.Count > 0)
            throw new DagException(string.Join(Environment.NewLine, found.Errors.Select(error => error.File is null ? error.Message : $"{error.File}({error.Line}): {error.Message}")));
        if (found.Dags.Count == 0)
            throw new DagException($"Assembly '{assembly.GetName().Name}' declares no Dags. Declare one as a static field or property, or add it with AddDag.");
        foreach (var dag in found.Dags) AddDag(dag);
        return this;
    }

    /// <summary>The folder of logs and large results, and of the SQLite file unless another is named; <c>.millrace</c> in the content root, unless said.</summary>
    public MillraceBuilder UseHome(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        HomePath = path;
        return this;
    }

    /// <summary>Keeps the metadata in this file (the default: <c>millrace.db</c> in the home folder).</summary>
    public MillraceBuilder UseSqlite(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        (SqlitePath, Postgres) = (path, null);
        return this;
    }

    /// <summary>Keeps the metadata in PostgreSQL; several hosts with the same Dags then share the work.</summary>
    public MillraceBuilder UsePostgres(string connectionString)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        (SqlitePath, Postgres) = (null, ConnectionStrings.Check(connectionString));
        return this;
    }

    /// <summary>The cluster whose topics start Dags, by <c>Schedule.OnRecords</c>, or update assets; that of the variable <c>kafka</c>, unless said.</summary>
    public MillraceBuilder UseKafka(KafkaOptions cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        Kafka = cluster;
        return this;
    }

    /// <summary>How many tasks run at once in this process; four times the processors, unless said.</summary>
    public MillraceBuilder UseWorkers(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        MaxParallel = count;
        return this;
    }

    /// <summary>What running tasks get to end when the host stops; 10 seconds, unless said.</summary>
    public MillraceBuilder UseGrace(TimeSpan grace)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(grace, TimeSpan.Zero);
        Grace = grace;
        return this;
    }

    internal string SqliteFile(string home) => SqlitePath is null ? Path.Combine(home, "millrace.db") : Path.GetFullPath(SqlitePath);

    internal IMetadataStore OpenStore(string home) => Stores.Open(Postgres ?? "", SqliteFile(home));
}
