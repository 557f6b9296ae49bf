using System.Globalization;

namespace Millrace.Hosting.Settings;

/// <summary>Everything that can be configured. Immutable; a value that can't work is refused where it is set.</summary>
sealed record MillraceSettings
{
    [Setting("The folder that holds everything of this Millrace: its configuration, store, DAG files, logs and results.",
        Default = "~/.millrace", NotInFile = true)]
    public string Home
    {
        get;
        init => field = value.Length > 0 ? Path.GetFullPath(Expand(value))
            : throw new SettingException("home is empty. Name a folder, or leave it out for ~/.millrace.");
    } = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".millrace");

    [Setting("Where the metadata is kept: empty for SQLite in the home folder, or a PostgreSQL connection string "
        + "(`Host=db;Username=millrace;Database=millrace` or `postgres://millrace@db/millrace`).", Secret = true)]
    public string Store
    {
        get;
        init => field = ConnectionStrings.Check(value);
    } = "";

    [Section]
    public DagSettings Dags { get; init; } = new();

    [Section]
    public WorkerSettings Workers { get; init; } = new();

    [Section]
    public SchedulerSettings Scheduler { get; init; } = new();

    [Section]
    public LogSettings Logs { get; init; } = new();

    [Section]
    public BrokerSettings Broker { get; init; } = new();

    internal string ConfigurationFile => Path.Combine(Home, "millrace.json");
    internal string DatabaseFile => Path.Combine(Home, "millrace.db");
    internal string BrokerFolder => Path.Combine(Home, "broker");
    internal string DagFolder => Path.GetFullPath(Dags.Folder, Home);

    internal bool UsesPostgres => Store.Length > 0;

    /// <summary>What no setting can say alone.</summary>
    internal void Check()
    {
        if (Workers.Max != 0 && Workers.Max < Workers.Min)
            throw new SettingException($"workers.max is {Workers.Max}, below workers.min, which is {Workers.Min}. Raise workers.max or lower workers.min.");
    }

    static string Expand(string path) => path == "~" || path.StartsWith("~/", StringComparison.Ordinal)
        ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + path[1..]
        : path;
}

sealed record DagSettings
{
    [Setting("The folder of DAG files; a relative path starts at the home folder.")]
    public string Folder
    {
        get;
        init => field = value.Length > 0 ? value : throw new SettingException("dags.folder is empty. Name a folder, such as 'dags'.");
    } = "dags";

    [Setting("How long the process that reads a compiled DAG file may take before the file is reported as broken.")]
    public TimeSpan DescribeTimeout
    {
        get;
        init => field = Bounds.AtLeast("dags.describeTimeout", value, TimeSpan.FromSeconds(1));
    } = TimeSpan.FromSeconds(30);

    [Setting("The memory, in MB, that the process that reads a compiled DAG file may take.")]
    public int DescribeMemoryMb
    {
        get;
        init => field = Bounds.AtLeast("dags.describeMemoryMb", value, 64);
    } = 512;

    [Setting("Whether a Dag that was never seen before starts paused.")]
    public bool PausedAtFirst { get; init; }
}

sealed record WorkerSettings
{
    [Setting("Worker processes that are always kept warm.")]
    public int Min
    {
        get;
        init => field = Bounds.Between("workers.min", value, 1, 1_000);
    } = 2;

    [Setting("Worker processes at most; each runs one task at a time.", Default = "0: four times the processors, 16 or more")]
    public int Max
    {
        get;
        init => field = Bounds.Between("workers.max", value, 0, 1_000);
    }

    [Setting("Tasks that a worker process runs before a fresh one takes its place.")]
    public int RecycleAfter
    {
        get;
        init => field = Bounds.AtLeast("workers.recycleAfter", value, 1);
    } = 10_000;

    [Setting("A worker process that holds more memory than this, in MB, is replaced after its task.")]
    public int MemoryMb
    {
        get;
        init => field = Bounds.AtLeast("workers.memoryMb", value, 64);
    } = 1_024;

    [Setting("What a task gets to end after a stop, a cancel or a timeout, before its processes are killed.")]
    public TimeSpan Grace
    {
        get;
        init => field = Bounds.AtLeast("workers.grace", value, TimeSpan.Zero);
    } = TimeSpan.FromSeconds(10);

    [Setting("A worker process that is silent for this long counts as lost, and so does its attempt.")]
    public TimeSpan HeartbeatTimeout
    {
        get;
        init => field = Bounds.AtLeast("workers.heartbeatTimeout", value, TimeSpan.FromSeconds(1));
    } = TimeSpan.FromSeconds(10);

    /// <summary>How many worker processes there may be, on this machine.</summary>
    internal int MaxHere => Max > 0 ? Max : Math.Max(Min, Math.Max(16, 4 * Environment.ProcessorCount));
}

sealed record SchedulerSettings
{
    [Setting("A scheduler that does not renew its lease for this long has died: another one takes its runs.")]
    public TimeSpan Lease
    {
        get;
        init => field = Bounds.AtLeast("scheduler.lease", value, TimeSpan.FromSeconds(1));
    } = TimeSpan.FromSeconds(10);

    [Setting("Unfinished runs that one scheduler holds in memory at most.")]
    public int MaxRunsOwned
    {
        get;
        init => field = Bounds.AtLeast("scheduler.maxRunsOwned", value, 1);
    } = 5_000;
}

sealed record LogSettings
{
    [Setting("How long the logs of attempts are kept; 0 keeps them for ever.")]
    public TimeSpan KeepFor
    {
        get;
        init => field = Bounds.AtLeast("logs.keepFor", value, TimeSpan.Zero);
    } = TimeSpan.FromDays(30);
}

sealed record BrokerSettings
{
    const string None = "none";

    [Setting("The port of 127.0.0.1 on which `up` has the event broker listen; 0 takes one that is free, `none` starts no broker.")]
    public string Port
    {
        get;
        init => field = value == None || (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= 65_535) ? value
            : throw new SettingException($"broker.port is '{value}'. Give 0 to 65535, or {None}.");
    } = "9092";

    /// <summary>Null where no broker is wanted.</summary>
    internal int? PortNumber => Port == None ? null : int.Parse(Port, CultureInfo.InvariantCulture);
}
