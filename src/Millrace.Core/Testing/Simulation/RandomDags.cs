using Millrace.Assets;
using Millrace.Dags;
using Millrace.Scheduling;

namespace Millrace.Testing.Simulation;

/// <summary>Dags of every shape that authors can declare, small ones: what goes wrong with 50 tasks goes wrong with 5.</summary>
sealed class RandomDags(Random random, DateTimeOffset start, TimeSpan active)
{
    static readonly TriggerRule[] Rules = Enum.GetValues<TriggerRule>();

    internal static IReadOnlyDictionary<string, int> Pools { get; } = new Dictionary<string, int> { ["default"] = 128, ["small"] = 2, ["one"] = 1 };

    internal IReadOnlyList<DagSpec> Make()
    {
        var count = 2 + random.Next(3);
        return [.. Enumerable.Range(0, count).Select(number => Dag(number, count))];
    }

    bool Chance(int percent) => random.Next(100) < percent;

    TimeSpan Seconds(int from, int to) => TimeSpan.FromSeconds(random.Next(from, to + 1));

    DagSpec Dag(int number, int count)
    {
        var groups = new List<GroupSpec>();
        var tasks = new List<TaskSpec>();
        var size = 2 + random.Next(6);
        while (tasks.Count < size)
        {
            if (tasks.Count > 0 && Chance(20)) AddMappedGroup(tasks, groups, number);
            else tasks.Add(Task(tasks, $"t{tasks.Count}", null, number, count));
        }
        if (Chance(25)) AddSetupAndTeardown(tasks);

        return new DagSpec
        {
            Name = $"d{number}",
            Schedule = ScheduleOf(number),
            StartDate = start - Seconds(0, 30),
            EndDate = start + active,
            Catchup = Chance(60),
            MaxActiveRuns = 1 + random.Next(3),
            MaxActiveTasks = Chance(30) ? 1 + random.Next(3) : null,
            RunTimeout = Chance(15) ? Seconds(20, 60) : null,
            Deadline = Chance(15) ? Seconds(1, 20) : null,
            Callbacks = Chance(20) ? CallbackKinds.Success | CallbackKinds.Failure | CallbackKinds.MissedDeadline : CallbackKinds.None,
            Tasks = tasks,
            Groups = groups,
        };
    }

    Schedule ScheduleOf(int number)
    {
        var every = Schedule.Every(Seconds(10, 40));
        return random.Next(10) switch
        {
            < 5 => every,
            5 => Schedule.Once,
            6 when number > 0 => Schedule.OnAny(new Asset("a0"), new Asset("a1")),
            7 when number > 0 => Schedule.OnAll(new Asset("a0"), new Asset("a1")),
            8 when number > 0 => Schedule.OnAssets(new Asset("a0")).Or(every),
            _ => Schedule.Manual,
        };
    }

    /// <summary>The same Dag with a task more or less.</summary>
    internal DagSpec Changed(DagSpec dag)
    {
        var last = dag.Tasks[^1];
        if (dag.Tasks.Count > 2 && last.Group is null && Chance(50)) return dag with { Tasks = [.. dag.Tasks.SkipLast(1)] };
        var added = new TaskSpec { Id = $"new{random.Next(1000)}", Kind = TaskKind.Function, Upstream = [dag.Tasks[random.Next(dag.Tasks.Count)].Id] };
        return dag.Tasks.Any(task => task.Id == added.Id) ? dag : dag with { Tasks = [.. dag.Tasks, added] };
    }

    TaskSpec Task(List<TaskSpec> before, string id, string? group, int dag, int dags)
    {
        var upstream = before.Where(task => (group is not null || !Chance(10)) && Chance(before.Count > 4 ? 30 : 50)).Select(task => task.Id).ToList();
        var spec = new TaskSpec
        {
            Id = id,
            Kind = TaskKind.Function,
            Group = group,
            TriggerRule = Chance(50) ? TriggerRule.AllSuccess : Rules[random.Next(Rules.Length)],
            Retry = Chance(40) ? Retry.Exponential(1 + random.Next(2), Seconds(0, 5), jitter: Chance(50) ? 0.5 : 0) : Retry.None,
            Timeout = Chance(15) ? Seconds(1, 6) : null,
            Pool = random.Next(10) switch { < 6 => "default", < 9 => "small", _ => "one" },
            Priority = random.Next(3),
            MaxActive = Chance(15) ? 1 + random.Next(2) : null,
            DependsOnPast = Chance(8),
            Deadline = Chance(10) ? Seconds(1, 20) : null,
            // Only the first Dag, which waits for none: a Dag that updates what it waits for never rests.
            Produces = dag == 0 && Chance(25) ? [$"a{random.Next(2)}"] : [],
            Callbacks = Chance(15) ? (CallbackKinds)random.Next(16) : CallbackKinds.None,
        };
        spec = spec with { Slots = spec.Pool == "small" && Chance(30) ? 2 : 1 };
        // Inside a mapped group and where a list is wanted, plain tasks; elsewhere all kinds.
        spec = random.Next(20) switch
        {
            0 => spec with { Kind = TaskKind.Empty },
            1 or 2 => spec with { Kind = TaskKind.Branch },
            3 => spec with { Kind = TaskKind.ShortCircuit, RespectsTriggerRules = Chance(50) },
            4 or 5 => spec with { Kind = TaskKind.Sensor, Sensor = new SensorSpec { Interval = Seconds(1, 6), Timeout = Seconds(5, 20), SoftFail = Chance(50) } },
            6 or 7 when dag + 1 < dags && group is null => spec with { Kind = TaskKind.TriggerDag, Trigger = new TriggerDagSpec { Dag = Chance(95) ? $"d{random.Next(dag + 1, dags)}" : "missing", Wait = Chance(60) } },
            8 or 9 or 10 when group is null => spec with { Map = MapOver(before, upstream) },
            _ => spec,
        };
        return spec with { Upstream = upstream };
    }

    MapSpec MapOver(List<TaskSpec> before, List<string> upstream)
    {
        var sources = before.Where(task => task.Group is null && task.Kind is TaskKind.Function).ToArray();
        if (sources.Length == 0 || Chance(40)) return new MapSpec(null, random.Next(5));
        var source = sources[random.Next(sources.Length)].Id;
        if (!upstream.Contains(source)) upstream.Add(source);
        return new MapSpec(source, null);
    }

    void AddMappedGroup(List<TaskSpec> tasks, List<GroupSpec> groups, int dag)
    {
        var id = $"g{tasks.Count}";
        var first = new List<string>();
        var map = MapOver([.. tasks.Where(task => task.Map is null)], first);
        groups.Add(new GroupSpec { Id = id, Map = map });
        var inside = new List<TaskSpec>();
        var before = tasks.ToArray();
        for (var number = 0; number < 1 + random.Next(3); number++)
        {
            var task = Task(inside, $"{id}.t{number}", id, dag, 0);
            // Only the first of a group wait for what is outside it.
            if (task.Upstream.Count == 0) task = task with { Upstream = [.. first.Union(before.Where(_ => Chance(20)).Select(outside => outside.Id))] };
            inside.Add(task);
        }
        tasks.AddRange(inside);
    }

    void AddSetupAndTeardown(List<TaskSpec> tasks)
    {
        for (var index = 0; index < tasks.Count; index++)
            if (tasks[index].Upstream.Count == 0) tasks[index] = tasks[index] with { Upstream = ["setup"] };
        var last = tasks.Where(task => !tasks.Any(other => other.Upstream.Contains(task.Id))).Select(task => task.Id).ToArray();
        tasks.Insert(0, new TaskSpec { Id = "setup", Kind = TaskKind.Function, IsSetup = true });
        tasks.Add(new TaskSpec
        {
            Id = "teardown",
            Kind = TaskKind.Function,
            IsTeardown = true,
            FailsRun = Chance(30),
            TriggerRule = TriggerRule.AllDoneSetupSuccess,
            Upstream = ["setup", .. last],
        });
    }
}
