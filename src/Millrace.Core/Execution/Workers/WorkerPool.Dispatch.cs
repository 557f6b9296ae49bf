using Millrace.Runs;

namespace Millrace.Execution;

// Who gets what, and what workers say.
sealed partial class WorkerPool
{
    const int PageBytes = 1 << 20;
    // Bodies that take less on average are sent ahead; a body that takes longer than Stuck lets those behind it go elsewhere.
    static readonly TimeSpan Short = TimeSpan.FromMilliseconds(5), Stuck = TimeSpan.FromMilliseconds(30);

    // Of the bodies that ended lately, in seconds; null before the first.
    double? average;

    // Under the gate, as all here that touches state.
    int Room(WorkerProcess worker)
    {
        if (!worker.IsReady || worker.IsRetiring || worker.IsDead) return 0;
        var isStuck = worker.Begun is { } begun && time.GetElapsedTime(begun.BegunAt) > Stuck;
        var depth = average < Short.TotalSeconds && !isStuck ? options.Prefetch : 1;
        return Math.Max(0, depth - worker.Held.Count);
    }

    void Dispatch()
    {
        while (queue.First is { } first && Pick(first.Value) is { } worker)
        {
            queue.RemoveFirst();
            var work = first.Value;
            work.IsRecalled = false;
            worker.Held.Add(work);
            worker.LastBundle = work.Assignment.Bundle;
            worker.Outbox.Add(FrameKind.Assign, work.Assignment, FrameJson.Default.Assignment);
        }
    }

    // The least loaded; among equals one that has the bundle loaded, then the one that worked last: its caches are warm.
    WorkerProcess? Pick(Work work)
    {
        WorkerProcess? best = null;
        foreach (var worker in workers)
        {
            if (Room(worker) == 0) continue;
            if (best is null || Better(worker, best)) best = worker;
        }
        return best;

        bool Better(WorkerProcess a, WorkerProcess b)
        {
            if (a.Held.Count != b.Held.Count) return a.Held.Count < b.Held.Count;
            var (hasA, hasB) = (a.LastBundle == work.Assignment.Bundle, b.LastBundle == work.Assignment.Bundle);
            return hasA != hasB ? hasA : a.LastEndedAt > b.LastEndedAt;
        }
    }

    void Requeue(Work work)
    {
        var node = queue.First;
        while (node is not null && node.Value.Order < work.Order) node = node.Next;
        if (node is null) queue.AddLast(work);
        else queue.AddBefore(node, work);
    }

    static void Recall(WorkerProcess worker)
    {
        var leases = new List<Guid>();
        foreach (var work in worker.Held)
        {
            if (work == worker.Begun || work.IsRecalled) continue;
            work.IsRecalled = true;
            leases.Add(work.Lease);
        }
        if (leases.Count > 0) worker.Outbox.Add(FrameKind.Recall, new LeasesFrame(leases), FrameJson.Default.LeasesFrame);
    }

    void FlushAll()
    {
        foreach (var worker in Volatile.Read(ref workers)) worker.Outbox.Flush();
    }

    // From the one task that reads the worker's socket, without the gate.
    void Take(WorkerProcess worker, FrameKind kind, ReadOnlySpan<byte> body)
    {
        switch (kind)
        {
            case FrameKind.Started:
                Started(worker, FrameReader.Parse(body, FrameJson.Default.LeaseFrame).Lease);
                break;
            case FrameKind.Finished:
                var report = FrameReader.Parse(body, FrameJson.Default.AttemptReport);
                if (!Ended(worker, report.Attempt.Lease, report.EndedAt - report.StartedAt)) break;
                FlushAll();
                listener.Reported(report);
                Delivered();
                break;
            case FrameKind.CallbackEnded:
                var ended = FrameReader.Parse(body, FrameJson.Default.CallbackEndedFrame);
                if (!Ended(worker, ended.Callback, null)) break;
                FlushAll();
                listener.CallbackEnded(ended.Callback, ended.Error);
                Delivered();
                break;
            case FrameKind.FiringKnown:
                var known = FrameReader.Parse(body, FrameJson.Default.FiringKnownFrame);
                if (!Ended(worker, known.Question, null)) break;
                FlushAll();
                listener.FiringKnown(known.Question, known.Answer);
                Delivered();
                break;
            case FrameKind.Heartbeat:
                var beat = FrameReader.Parse(body, FrameJson.Default.HeartbeatFrame);
                // One that has run nothing would be followed by one that is no smaller.
                if (beat.ResidentBytes > options.MemoryLimit && worker.Ended > 0) Retire(worker, $"it holds {beat.ResidentBytes >> 20} MB, more than {options.MemoryLimit >> 20}");
                break;
            case FrameKind.Recalled:
                Recalled(worker, FrameReader.Parse(body, FrameJson.Default.LeasesFrame).Leases);
                break;
            case FrameKind.Group:
                var group = FrameReader.Parse(body, FrameJson.Default.GroupFrame);
                lock (gate) _ = group.Alive ? worker.Groups.Add(group.Group) : worker.Groups.Remove(group.Group);
                break;
            case FrameKind.Need:
                _ = AnswerAsync(worker, FrameReader.Parse(body, FrameJson.Default.NeedFrame));
                break;
            default:
                throw new InvalidDataException($"A worker sent a frame of the unknown kind {kind}.");
        }
    }

    void Started(WorkerProcess worker, Guid lease)
    {
        lock (gate)
        {
            if (worker.IsDead || worker.Held.Find(w => w.Lease == lease) is not { } work) return;
            worker.Begun = work;
            worker.ForgetComplaint();
            work.BegunAt = time.GetTimestamp();
            work.StartedAt = time.GetUtcNow();
        }
    }

    /// <returns>False when the worker was given up before: the attempt is reported as lost, and a late report must not follow.</returns>
    bool Ended(WorkerProcess worker, Guid lease, TimeSpan? took)
    {
        lock (gate)
        {
            if (worker.IsDead) return false;
            var at = worker.Held.FindIndex(w => w.Lease == lease);
            if (at < 0) return false;
            if (worker.Held[at] == worker.Begun) worker.Begun = null;
            worker.Held.RemoveAt(at);
            worker.Ended++;
            worker.LastEndedAt = time.GetTimestamp();
            if (took is { } duration) average = average is { } before ? before + (duration.TotalSeconds - before) / 8 : duration.TotalSeconds;
            if (worker.Ended >= options.RecycleAfter) RetireNow(worker, $"it has run {worker.Ended} tasks");
            else if (worker.IsRetiring) StopIfDone(worker);
            Dispatch();
            return true;
        }
    }

    void Recalled(WorkerProcess worker, IReadOnlyList<Guid> leases)
    {
        List<Work>? returned = null;
        lock (gate)
        {
            if (worker.IsDead) return;
            foreach (var lease in leases)
            {
                var at = worker.Held.FindIndex(w => w.Lease == lease);
                if (at < 0) continue;
                var work = worker.Held[at];
                worker.Held.RemoveAt(at);
                if (stopping) (returned ??= []).Add(work);
                else Requeue(work);
            }
            StopIfDone(worker);
            Dispatch();
        }
        FlushAll();
        foreach (var work in returned ?? []) Return(work);
    }

    async Task AnswerAsync(WorkerProcess worker, NeedFrame need)
    {
        ValueFrame value;
        try
        {
            value = need.Kind switch
            {
                NeedKind.Result => new(need.Id)
                {
                    Result = await services.ReadResultAsync(new(need.Run, need.Name, need.MapIndex), CancellationToken.None).ConfigureAwait(false),
                },
                NeedKind.Variable => new(need.Id) { Text = await services.ReadVariableAsync(need.Name, CancellationToken.None).ConfigureAwait(false) },
                _ => await PageAsync(worker, need).ConfigureAwait(false),
            };
        }
        catch (Exception e)
        {
            // The task that asked fails with it, and may be retried.
            value = new(need.Id) { Error = $"The scheduler could not read '{need.Name}': {TaskRunner.OneLine(e)}" };
        }
        worker.Outbox.Add(FrameKind.Value, value, FrameJson.Default.ValueFrame);
        worker.Outbox.Flush();
    }

    // In pages: a frame is one piece of memory on both sides, the results of ten thousand instances need not be.
    async Task<ValueFrame> PageAsync(WorkerProcess worker, NeedFrame need)
    {
        var rows = need.After > 0 && worker.Pages is { } pages && pages.Run == need.Run && pages.Task == need.Name
            ? pages.Rows
            : await services.ReadResultsAsync(need.Run, need.Name, CancellationToken.None).ConfigureAwait(false);
        var page = new List<ResultRow>();
        var bytes = 0L;
        for (var i = need.After; i < rows.Count && (page.Count == 0 || bytes < PageBytes); i++)
        {
            page.Add(rows[i]);
            bytes += 300 + (rows[i].Value.Json?.Length ?? 0);
        }
        var more = need.After + page.Count < rows.Count;
        worker.Pages = more ? (need.Run, need.Name, rows) : null;
        return new(need.Id) { Rows = page, More = more };
    }
}
