using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Dags;
using Millrace.Execution;
using Millrace.Metadata;
using Millrace.Runs;
using Millrace.Scheduling;

namespace Millrace.Testing.Simulation;

/// <summary>What one simulation may do.</summary>
sealed record SimulationOptions
{
    /// <summary>Virtual time in which things happen; after it the simulation only waits for everything to end.</summary>
    public TimeSpan Active { get; init; } = TimeSpan.FromSeconds(90);
    /// <summary>Virtual time after which whatever is unfinished counts as forgotten.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(20);
    /// <summary>Of a thousand store calls, how many fail.</summary>
    public int FailuresPerThousand { get; init; } = 10;
}

/// <param name="Violation">The first broken promise; null when all were kept.</param>
/// <param name="Log">Every transition in the order it was stored.</param>
sealed record SimulationReport(int Seed, string? Violation, int Runs, int Transitions, int Attempts, int Commits, int Crashes, TimeSpan VirtualTime, IReadOnlyList<string> Log);

/// <summary>
/// The real scheduler over a real store, in virtual time and with everything else made up from one seed: Dags, workers, failures
/// of the store, crashes, jumps of the clock and people who interfere. One thread; the seed decides who goes next at every call of
/// the store. Give the same seed again and the same happens again.
/// </summary>
sealed partial class Simulation
{
    static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    const int StepsAtOnce = 20_000;

    sealed class Actor
    {
        internal required Line Line { get; init; }
        internal required SimulatedExecutor Executor { get; init; }
        internal required Scheduler Scheduler { get; init; }
        internal Task? Doing { get; set; }
        internal bool IsGone { get; set; }
    }

    readonly int seed;
    readonly SimulationOptions options;
    readonly Random random;
    readonly VirtualClock clock = new(Start);
    readonly IMetadataStore store;
    readonly Referee referee;
    readonly List<Actor> actors = [];
    readonly List<(TaskCompletionSource Gate, Actor? Actor)> gates = [];
    readonly List<Task> outside = [];
    readonly Dictionary<(string Dag, string Version), DagGraph> graphs = [];
    readonly RandomDags randomDags;
    readonly List<DagSpec> dags;
    readonly List<BackfillRow> backfills = [];
    readonly Line peoplesLine = new();
    readonly Func<IMetadataStore> people;
    int crashes;
    int commits;
    bool isCalm;

    Simulation(int seed, SimulationOptions options, IMetadataStore store)
    {
        (this.seed, this.options, this.store) = (seed, options, store);
        random = new Random(seed);
        randomDags = new RandomDags(random, Start, options.Active);
        dags = [.. randomDags.Make()];
        referee = new Referee((dag, version) => graphs[(dag, version)], clock.GetUtcNow);
        people = () => new FaultyStore(store, peoplesLine, random, () => PassAsync(null), referee);
    }

    internal static SimulationReport Run(int seed, SimulationOptions options, Func<IMetadataStore> openStore) =>
        // On a thread of the pool: a caller's synchronization context would put its own order between ours.
        Task.Run(() => RunAsync(seed, options, openStore)).GetAwaiter().GetResult();

    static async Task<SimulationReport> RunAsync(int seed, SimulationOptions options, Func<IMetadataStore> openStore)
    {
        var store = openStore();
        await using var _ = store.ConfigureAwait(false);
        await store.MigrateAsync(CancellationToken.None).ConfigureAwait(false);
        var simulation = new Simulation(seed, options, store);
        await simulation.PrepareAsync().ConfigureAwait(false);
        simulation.Play();
        var referee = simulation.referee;
        return new SimulationReport(seed, referee.Violation, referee.Runs.Count(), referee.Transitions, referee.Attempts, simulation.commits, simulation.crashes, simulation.clock.GetUtcNow() - Start, referee.Log);
    }

    async Task PrepareAsync()
    {
        foreach (var (name, slots) in RandomDags.Pools)
            await store.SetPoolAsync(new PoolRow(name, slots, null), CancellationToken.None).ConfigureAwait(false);
        await RegisterAsync(store, dags).ConfigureAwait(false);
        peoplesLine.FailuresPerThousand = options.FailuresPerThousand;
    }

    Task<IReadOnlyList<DagVersion>> RegisterAsync(IMetadataStore into, IReadOnlyList<DagSpec> specs)
    {
        var registrations = specs.Select(spec =>
        {
            var version = new DagVersion(spec.Name, DagJson.Hash(spec), "", DagJson.Write(spec), Start);
            graphs[(spec.Name, version.Hash)] = new DagGraph(spec, version.Hash, "");
            return new DagRegistration(version, "dags", null, null, [], spec.Schedule.Describe(), PausedAtFirst: false)
            {
                Produces = spec.Produces,
                Consumes = spec.Consumes,
            };
        });
        return into.RegisterAsync([new SourceReading("dags", [.. registrations], [])], Start, CancellationToken.None);
    }

    void Play()
    {
        var end = Start + options.Active;
        var steps = 0;
        for (var count = 1 + random.Next(2); count > 0; count--) Arrive();
        while (referee.Violation is null)
        {
            if (!isCalm && clock.GetUtcNow() >= end) CalmDown();
            if (!isCalm && random.Next(150) == 0) Interfere();
            if (GoOn())
            {
                if (++steps > StepsAtOnce) referee.Fail($"it goes round in circles: {StepsAtOnce} steps in one instant; the last: {string.Join("; ", referee.Log.TakeLast(5))}");
                continue;
            }
            if (isCalm && IsQuiet()) break;
            if (clock.GetUtcNow() > end + options.Patience)
            {
                var held = actors.SelectMany(actor => store.HeldSharesAsync(actor.Scheduler.Id, CancellationToken.None).GetAwaiter().GetResult().Select(share => $"{actor.Scheduler.Id} {share.Key} {share.Held}"));
                referee.Fail($"forgotten by {actors.Count} schedulers: {string.Join(", ", held)}; {string.Join("; ", Unfinished().Take(12))}");
                break;
            }
            if (isCalm) HelpThoseWhoWaitForThePast();
            // While people may still interfere, no longer than a second at once.
            var next = clock.NextTimer;
            var latest = clock.GetUtcNow() + TimeSpan.FromSeconds(1);
            if (!isCalm && (next is null || next > latest)) next = latest;
            if (next is null) referee.Fail($"nothing will ever happen again: {string.Join("; ", Unfinished().Take(12))}");
            else
            {
                if (next > clock.GetUtcNow()) steps = 0;
                clock.AdvanceTo(next.Value);
            }
        }
        if (referee.Violation is null) referee.CheckSchedules(dags, Start);
        foreach (var backfill in backfills) referee.CheckBackfill(backfill, dags.Single(dag => dag.Name == backfill.Dag), Start);
        foreach (var actor in actors) actor.Executor.Vanish();
    }

    /// <summary>Lets one of those who can go on go on, as the seed says.</summary>
    /// <returns>False when all wait for time to pass.</returns>
    bool GoOn()
    {
        foreach (var actor in actors) Note(actor);
        actors.RemoveAll(actor => actor.IsGone);
        foreach (var task in outside)
            if (task.IsFaulted && task.Exception!.InnerException is not (StoreAwayException or LeaseLostException)) referee.Fail($"a command failed: {task.Exception.InnerException}");
        outside.RemoveAll(task => task.IsCompleted);

        var idle = actors.Where(actor => actor.Doing is null && actor.Scheduler.HasHappenings).ToArray();
        var choices = gates.Count + idle.Length;
        if (choices == 0) return false;
        // Once in a while everybody is held up in the middle of what they do, some of them for longer than their lease.
        if (!isCalm && random.Next(400) == 0) clock.Advance(TimeSpan.FromMilliseconds(random.Next(random.Next(8) == 0 ? 15_000 : 500)));
        var choice = random.Next(choices);
        if (choice < gates.Count)
        {
            var (gate, _) = gates[choice];
            gates.RemoveAt(choice);
            gate.SetResult();
        }
        else
        {
            var actor = idle[choice - gates.Count];
            actor.Doing = actor.Scheduler.TryTurnAsync(CancellationToken.None);
        }
        return true;
    }

    void Note(Actor actor)
    {
        if (actor.Doing is not { IsCompleted: true } done) return;
        actor.Doing = null;
        if (done.IsFaulted && !actor.Line.IsDead) referee.Fail($"a scheduler failed: {done.Exception!.InnerException}");
    }

    Task PassAsync(Actor? actor)
    {
        // Continuations run inside SetResult, on this one thread: that is what makes the order the seed's.
        var gate = new TaskCompletionSource();
        gates.Add((gate, actor));
        return gate.Task;
    }

    /// <summary>A scheduler starts, with workers of its own.</summary>
    void Arrive()
    {
        Actor actor = null!;
        var line = new Line { FailuresPerThousand = isCalm ? 0 : options.FailuresPerThousand };
        var faulty = new FaultyStore(store, line, random, () => PassAsync(actor), referee);
        var executor = new SimulatedExecutor(clock, random, 1 + random.Next(4), assignment => graphs[(assignment.Dag, assignment.Version)], referee) { IsKind = isCalm };
        var scheduler = new Scheduler(faulty, executor, new SchedulerOptions { Lease = TimeSpan.FromSeconds(5), NewId = NewId }, clock, NullLogger<Scheduler>.Instance);
        scheduler.TurnFailed += e =>
        {
            if (e is not StoreAwayException) referee.Fail($"a turn failed: {e}");
        };
        actor = new Actor { Line = line, Executor = executor, Scheduler = scheduler };
        actors.Add(actor);
        actor.Doing = JoinAsync(actor);
    }

    static async Task JoinAsync(Actor actor)
    {
        try
        {
            await actor.Scheduler.JoinAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (StoreAwayException)
        {
            // A process that can't reach its store does not come up.
            actor.IsGone = true;
        }
    }

    /// <summary>A scheduler's process is killed: nobody is told, its workers die with it.</summary>
    void Crash(Actor actor)
    {
        crashes++;
        actor.Line.IsDead = true;
        actor.IsGone = true;
        actor.Executor.Vanish();
        gates.RemoveAll(waiting => waiting.Actor == actor);
        _ = actor.Scheduler.DisposeAsync().AsTask();
    }

    static async Task LeaveAsync(Actor actor)
    {
        await actor.Scheduler.StopWorkAsync(TimeSpan.Zero).ConfigureAwait(false);
        for (var turns = 0; actor.Scheduler.HasHappenings && turns < 5; turns++)
            await actor.Scheduler.TryTurnAsync(CancellationToken.None).ConfigureAwait(false);
        await actor.Scheduler.LeaveAsync().ConfigureAwait(false);
        actor.IsGone = true;
        actor.Executor.Vanish();
        await actor.Scheduler.DisposeAsync().ConfigureAwait(false);
    }

    void CalmDown()
    {
        isCalm = true;
        foreach (var actor in actors)
        {
            actor.Line.FailuresPerThousand = 0;
            actor.Executor.IsKind = true;
        }
        peoplesLine.FailuresPerThousand = 0;
        Arrive();
        // One that never rests is given its rest.
        foreach (var spec in dags) outside.Add(spec.Schedule.IsContinuous ? PauseAsync(spec.Name) : UnpauseAsync(spec.Name));
    }

    bool IsQuiet() => gates.Count == 0 && outside.Count == 0 && actors.All(actor => actor.Doing is null) && !Unfinished().Any();

    IEnumerable<string> Unfinished()
    {
        foreach (var run in referee.Runs)
        {
            if (run.State.IsFinished()) continue;
            var open = run.Instances.Where(pair => !pair.Value.State.IsFinished()).Select(pair => $"{run.Graph.Tasks[pair.Key.Task].Id}[{pair.Key.MapIndex}] {pair.Value.State.Name()}");
            yield return $"{run.Row.Dag} {run.Row.Key} {run.State.Name()} ({string.Join(", ", open)})";
        }
        if (referee.CallbacksOwed.Count > 0) yield return $"{referee.CallbacksOwed.Count} callbacks";
        if (backfills.Count > 0)
            foreach (var backfill in store.ListBackfillsAsync(null, CancellationToken.None).GetAwaiter().GetResult())
                if (backfill.State == BackfillState.Running) yield return $"backfill of {backfill.Dag}";
        foreach (var dag in dags)
            if (referee.IsBehind(dag, Start)) yield return $"firings of {dag.Name}";
    }

    Guid NewId(DateTimeOffset at)
    {
        // As version 7: the time first, then what makes it unique, here from the seed.
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, at.ToUnixTimeMilliseconds() << 16 | 0x7000 | (long)random.Next(0x1000));
        bytes[8] = (byte)(bytes[8] & 0x3F | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
