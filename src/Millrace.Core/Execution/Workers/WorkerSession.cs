using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json.Serialization.Metadata;
using Millrace.Dags;

namespace Millrace.Execution;

/// <summary>A worker's side of the socket. One thread listens, one sends heartbeats, one runs bodies one after another:
/// a body that takes the processor or the whole thread pool for itself stops neither of the others.</summary>
sealed class WorkerSession
{
    static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    readonly Socket socket;
    readonly TimeProvider time;
    readonly TaskRunner runner;
    readonly RemoteServices services;
    readonly BundleLoader bundles;
    readonly string name = "worker " + Environment.ProcessId;

    readonly Lock sendGate = new();
    readonly FrameWriter outgoing = new();

    // Guards what follows; pulsed when there is something to begin.
    readonly object gate = new();
    readonly LinkedList<Assignment> waiting = [];
    readonly Queue<string> toPrepare = [];
    readonly HashSet<int> groups = [];
    Begun? current;
    bool stopping;

    internal WorkerSession(Socket socket, HomeFolder home, TimeSpan grace, TimeProvider time)
    {
        this.socket = socket;
        this.time = time;
        services = new RemoteServices(need => Send(FrameKind.Need, need, FrameJson.Default.NeedFrame));
        runner = new TaskRunner(home, services, time, grace, GroupChanged);
        bundles = new BundleLoader(home);
    }

    internal int Run(string token)
    {
        Send(FrameKind.Hello, new HelloFrame(token, Environment.ProcessId), FrameJson.Default.HelloFrame);
        new Thread(Listen) { IsBackground = true, Name = "socket" }.Start();
        new Thread(Beat) { IsBackground = true, Name = "heartbeat" }.Start();
        RemoteServices.RunsBodies = true;
        while (Next() is { } begun) CarryOut(begun);
        // Threads that tasks left behind must not keep the process.
        Environment.Exit(0);
        return 0;
    }

    Begun? Next()
    {
        while (NextToPrepare() is { } bundle) bundles.Prepare(bundle);
        lock (gate)
        {
            // Begun already, together with the report of the one before.
            if (current is not null) return current;
            if (!BeginNext()) return null;
        }
        Send(FrameKind.Started, new LeaseFrame(current!.Assignment.Attempt.Lease), FrameJson.Default.LeaseFrame);
        return current;
    }

    /// <summary>Waits for work. In the meantime there may be something to prepare.</summary>
    string? NextToPrepare()
    {
        lock (gate)
        {
            while (current is null && waiting.Count == 0 && !stopping)
            {
                if (toPrepare.TryDequeue(out var bundle)) return bundle;
                Monitor.Wait(gate);
            }
            return null;
        }
    }

    // Under the gate: whatever is taken here can't be recalled any more.
    bool BeginNext()
    {
        if (waiting.First is not { } first) return false;
        waiting.RemoveFirst();
        current = new Begun(first.Value);
        return true;
    }

    void CarryOut(Begun begun)
    {
        var assignment = begun.Assignment;
        // What the body starts carries the mark on, and is found by it should this process die.
        Environment.SetEnvironmentVariable(CommandVariables.Lease, assignment.Attempt.Lease.ToString("N"));
        var began = time.GetUtcNow();
        AttemptReport? report = null;
        FiringAnswer? answer = null;
        string? callbackError = null;
        try
        {
            var dag = bundles.Find(assignment);
            if (assignment.Kind == AssignmentKind.Task) report = Wait(runner.RunAsync(dag, assignment, name, begun.Cancellation));
            else if (assignment.Kind == AssignmentKind.Firing) answer = AuthorSchedule.Ask(dag, assignment.Question!);
            else callbackError = Wait(runner.CallAsync(dag, assignment, begun.Cancellation.Token));
        }
        catch (Exception e)
        {
            // The runner never throws: this is a bundle that can't be loaded.
            callbackError = TaskRunner.OneLine(e);
            answer = AuthorSchedule.Failed(callbackError);
            report = runner.NotRun(assignment, name, began, e);
        }

        lock (sendGate)
        {
            if (assignment.Kind == AssignmentKind.Task) outgoing.Add(FrameKind.Finished, report!, FrameJson.Default.AttemptReport);
            else if (assignment.Kind == AssignmentKind.Firing) outgoing.Add(FrameKind.FiringKnown, new FiringKnownFrame(assignment.Attempt.Lease, answer!), FrameJson.Default.FiringKnownFrame);
            else outgoing.Add(FrameKind.CallbackEnded, new CallbackEndedFrame(assignment.Attempt.Lease, callbackError), FrameJson.Default.CallbackEndedFrame);
            lock (gate)
            {
                current = null;
                if (BeginNext()) outgoing.Add(FrameKind.Started, new LeaseFrame(current!.Assignment.Attempt.Lease), FrameJson.Default.LeaseFrame);
            }
            Flush();
        }
        begun.Cancellation.Dispose();
    }

    static T Wait<T>(ValueTask<T> task) => task.IsCompleted ? task.Result : task.AsTask().GetAwaiter().GetResult();

    void Listen()
    {
        var reader = new FrameReader(socket);
        try
        {
            do
            {
                while (reader.TryNext(out var kind, out var body)) Take(kind, body);
            }
            while (reader.Fill());
        }
        catch (Exception e)
        {
            Console.Error.WriteLine(e);
        }
        Die();
    }

    void Take(FrameKind kind, ReadOnlySpan<byte> body)
    {
        switch (kind)
        {
            case FrameKind.Assign:
                var assignment = FrameReader.Parse(body, FrameJson.Default.Assignment);
                lock (gate)
                {
                    waiting.AddLast(assignment);
                    Monitor.Pulse(gate);
                }
                break;
            case FrameKind.Cancel:
                Cancel(FrameReader.Parse(body, FrameJson.Default.CancelFrame));
                break;
            case FrameKind.Recall:
                Recall(FrameReader.Parse(body, FrameJson.Default.LeasesFrame));
                break;
            case FrameKind.Value:
                services.Answer(FrameReader.Parse(body, FrameJson.Default.ValueFrame));
                break;
            case FrameKind.Prepare:
                var ahead = FrameReader.Parse(body, FrameJson.Default.PrepareFrame);
                lock (gate)
                {
                    toPrepare.Enqueue(ahead.Bundle);
                    Monitor.Pulse(gate);
                }
                break;
            case FrameKind.Stop:
                lock (gate)
                {
                    stopping = true;
                    Monitor.Pulse(gate);
                }
                break;
            default:
                throw new InvalidDataException($"The scheduler sent a frame of the unknown kind {kind}.");
        }
    }

    void Cancel(CancelFrame cancel)
    {
        Assignment? unbegun;
        lock (gate)
        {
            if (current is { } running && running.Assignment.Attempt.Lease == cancel.Lease)
            {
                // On a thread of its own: the author's cancellation callbacks must not hold up this one, nor wait for a busy pool.
                new Thread(() => running.Cancellation.Cancel(cancel.Reason)) { IsBackground = true, Name = "cancel" }.Start();
                return;
            }
            unbegun = waiting.FirstOrDefault(a => a.Attempt.Lease == cancel.Lease);
            if (unbegun is not null) waiting.Remove(unbegun);
        }
        if (unbegun is null) return;
        var now = time.GetUtcNow();
        Send(FrameKind.Finished, new AttemptReport
        {
            Attempt = unbegun.Attempt, Outcome = TaskRunner.OutcomeOf(cancel.Reason), Worker = name, StartedAt = now, EndedAt = now, Error = TaskRunner.Describe(cancel.Reason),
        }, FrameJson.Default.AttemptReport);
    }

    void Recall(LeasesFrame recall)
    {
        var recalled = new List<Guid>();
        lock (gate)
        {
            for (var node = waiting.First; node is not null;)
            {
                var next = node.Next;
                if (recall.Leases.Contains(node.Value.Attempt.Lease))
                {
                    recalled.Add(node.Value.Attempt.Lease);
                    waiting.Remove(node);
                }
                node = next;
            }
        }
        Send(FrameKind.Recalled, new LeasesFrame(recalled), FrameJson.Default.LeasesFrame);
    }

    void Beat()
    {
        while (true)
        {
            Thread.Sleep(Heartbeat);
            Send(FrameKind.Heartbeat, new HeartbeatFrame(Environment.WorkingSet), FrameJson.Default.HeartbeatFrame);
        }
    }

    void GroupChanged(int group, bool alive)
    {
        lock (gate)
        {
            if (alive) groups.Add(group);
            else groups.Remove(group);
        }
        Send(FrameKind.Group, new GroupFrame(group, alive), FrameJson.Default.GroupFrame);
    }

    void Send<T>(FrameKind kind, T body, JsonTypeInfo<T> type)
    {
        lock (sendGate)
        {
            outgoing.Add(kind, body, type);
            Flush();
        }
    }

    // Under the send gate.
    void Flush()
    {
        try
        {
            for (var left = outgoing.Bytes; left.Length > 0;) left = left[socket.Send(left.Span)..];
            outgoing.Clear();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Die();
        }
    }

    /// <summary>The scheduler is gone, and with it whoever the work was for: nothing that was begun here may go on.</summary>
    void Die()
    {
        // No lock: whoever holds one may be waiting for the socket that has just broken.
        foreach (var group in groups.ToArray()) ProcessTree.Kill(group);
        if (current is { } begun) ProcessTree.KillMarked(CommandVariables.Lease, begun.Assignment.Attempt.Lease.ToString("N"));
        // The worker leads its own group, which the children of its tasks are in.
        if (!OperatingSystem.IsWindows()) Posix.KillGroup(Environment.ProcessId, Posix.SIGKILL);
        Process.GetCurrentProcess().Kill(entireProcessTree: true);
        Environment.FailFast("The scheduler is gone.");
    }

    sealed record Begun(Assignment Assignment)
    {
        public AttemptCancellation Cancellation { get; } = new();
    }
}
