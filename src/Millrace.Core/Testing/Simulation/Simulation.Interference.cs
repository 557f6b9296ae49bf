using Millrace.Dags;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Testing.Simulation;

// What comes from outside: crashes, restarts, clocks that are set, people with commands.
sealed partial class Simulation
{
    void Interfere()
    {
        switch (random.Next(18))
        {
            case 0 when actors.Count > 0:
                Crash(actors[random.Next(actors.Count)]);
                if (random.Next(2) == 0) Arrive();
                break;
            case 1 when actors.Count < 3:
                Arrive();
                break;
            case 2 when actors.FirstOrDefault(actor => actor.Doing is null) is { } actor:
                actor.Doing = LeaveAsync(actor);
                break;
            case 3:
                clock.JumpTo(clock.GetUtcNow() + TimeSpan.FromMilliseconds(random.Next(4) switch { 0 => 20_000, 1 => random.Next(3000), _ => -random.Next(2000) }));
                break;
            case 4 or 5:
                outside.Add(TriggerAsync(dags[random.Next(dags.Count)]));
                break;
            case 6:
                outside.Add(PauseAsync(dags[random.Next(dags.Count)].Name));
                break;
            case 7 or 8:
                outside.Add(UnpauseAsync(dags[random.Next(dags.Count)].Name));
                break;
            case 9 when actors.Count == 0:
                Arrive();
                break;
            case 16:
                outside.Add(BackfillAsync());
                break;
            case 17:
                outside.Add(ChangeADagAsync());
                break;
            case 10 or 11 or 12:
                OnSomeRun(Clear);
                break;
            case 13 or 14:
                OnSomeRun(Mark);
                break;
            case 15:
                OnSomeRun((run, now) =>
                {
                    if (run.Row.State.IsFinished()) return;
                    if (random.Next(2) == 0) run.MarkRun(random.Next(2) == 0, now);
                    else run.End(now, "marked failed: it was cancelled");
                });
                break;
        }
    }

    void Clear(Run run, DateTimeOffset now)
    {
        var tasks = run.Graph.Tasks.Where(_ => random.Next(3) == 0).Select(task => task.Id).ToArray();
        Func<TaskState, bool>? where = random.Next(3) == 0 ? state => state is TaskState.Failed or TaskState.UpstreamFailed : null;
        run.Clear(run.Select(tasks, random.Next(4) == 0 ? random.Next(3) : null, random.Next(4) == 0, random.Next(3) > 0, where), now);
    }

    void Mark(Run run, DateTimeOffset now)
    {
        var all = run.Instances.ToArray();
        run.Mark([all[random.Next(all.Length)]], random.Next(2) == 0, now);
    }

    void OnSomeRun(Action<Run, DateTimeOffset> command)
    {
        var all = referee.Runs.ToArray();
        if (all.Length > 0) outside.Add(CommandAsync(all[random.Next(all.Length)].Row.Id, command));
    }

    /// <summary>As the command line does it: from a process of its own, with the pure code and a compare-and-set.</summary>
    async Task CommandAsync(RunId id, Action<Run, DateTimeOffset> command)
    {
        for (var tries = 0; tries < 5; tries++)
        {
            if (await people().LoadRunAsync(id, CancellationToken.None).ConfigureAwait(false) is not { } snapshot) return;
            var now = clock.GetUtcNow().Kept();
            var newest = DagJson.Hash(dags.Single(dag => dag.Name == snapshot.Run.Dag));
            var run = newest != snapshot.Run.Version && command == Clear && random.Next(2) == 0 ? Runs.Run.Follow(snapshot, graphs[(snapshot.Run.Dag, newest)], now)
                : Runs.Run.Load(snapshot, graphs[(snapshot.Run.Dag, snapshot.Run.Version)]);
            command(run, now);
            if (run.TakeChange() is not { } change) return;
            commits++;
            var result = await people().CommitAsync(new CommitBatch { Now = now, Changes = [change] }, CancellationToken.None).ConfigureAwait(false);
            if (result.Conflicts.Count > 0) continue;
            Wake(id);
            return;
        }
    }

    async Task TriggerAsync(DagSpec dag)
    {
        var now = clock.GetUtcNow().Kept();
        var row = new RunRow
        {
            Id = new RunId(NewId(now)),
            Dag = dag.Name,
            Version = DagJson.Hash(dag),
            Key = RunRow.KeyFor(RunKind.Manual, now),
            Kind = RunKind.Manual,
            LogicalTime = now,
            IntervalStart = now,
            IntervalEnd = now,
            QueuedAt = now,
        };
        await people().CommitAsync(new CommitBatch { Now = now, NewRuns = [new NewRun(row)] }, CancellationToken.None).ConfigureAwait(false);
        Wake(row.Id);
    }

    async Task BackfillAsync()
    {
        var timed = dags.Where(dag => dag.Schedule.Next(null, new Scheduling.ScheduleBounds(Start)) is not null && !dag.Schedule.IsContinuous).ToArray();
        if (timed.Length == 0) return;
        var now = clock.GetUtcNow().Kept();
        var backfill = new BackfillRow
        {
            Id = new BackfillId(NewId(now)),
            Dag = timed[random.Next(timed.Length)].Name,
            From = now - TimeSpan.FromSeconds(random.Next(120)),
            To = now - TimeSpan.FromSeconds(random.Next(20)),
            Reprocess = (Reprocess)random.Next(3),
            MaxActive = 1 + random.Next(2),
            NewestFirst = random.Next(2) == 0,
            CreatedAt = now,
        };
        referee.Asked(backfill);
        await people().CreateBackfillAsync(backfill, CancellationToken.None).ConfigureAwait(false);
        backfills.Add(backfill);
        Wake(null);
    }

    /// <summary>A Dag's file is saved with another task in it, or one less.</summary>
    async Task ChangeADagAsync()
    {
        var number = random.Next(dags.Count);
        var changed = randomDags.Changed(dags[number]);
        await RegisterAsync(people(), [.. dags.Select(dag => dag.Name == changed.Name ? changed : dag)]).ConfigureAwait(false);
        // Only now: nobody can follow a version that the store may not have.
        dags[number] = changed;
        Wake(null);
    }

    async Task PauseAsync(string dag)
    {
        await people().SetPausedAsync(dag, true, CancellationToken.None).ConfigureAwait(false);
        Wake(null);
    }

    async Task UnpauseAsync(string dag)
    {
        await people().SetPausedAsync(dag, false, CancellationToken.None).ConfigureAwait(false);
        Wake(null);
    }

    /// <summary>A wake-up may be lost on its way to any scheduler, for changes of runs; they must then find out by themselves.</summary>
    void Wake(RunId? run)
    {
        foreach (var actor in actors)
            if (isCalm || run is null || random.Next(2) == 0) actor.Scheduler.Wake(run);
    }

    /// <summary>Whoever depends on a past that went wrong waits until somebody puts it right.</summary>
    void HelpThoseWhoWaitForThePast()
    {
        foreach (var run in referee.Runs)
        {
            if (run.State != RunState.Running) continue;
            foreach (var ((task, index), instance) in run.Instances)
            {
                var spec = run.Graph.Tasks[task];
                if (!spec.DependsOnPast || instance.State != TaskState.None) continue;
                var before = referee.Runs.Where(other => other.Row.Dag == run.Row.Dag && other.Row.Kind is RunKind.Scheduled or RunKind.Backfill && other.Row.LogicalTime < run.Row.LogicalTime)
                    .MaxBy(other => other.Row.LogicalTime);
                // One that is queued may wait for the very place that this one holds.
                if (before is not { State: not RunState.Running }) continue;
                outside.Add(CommandAsync(run.Row.Id, (late, now) =>
                {
                    if (late.Find(spec.Id, index) is { State: TaskState.None } waiting) late.Mark([waiting], success: true, now);
                }));
            }
        }
    }
}
