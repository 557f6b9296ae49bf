using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Millrace.Execution;

// How workers begin and end.
sealed partial class WorkerPool
{
    // Small and quiet: two of these idle on a laptop all day. What the user has set already stays.
    static readonly (string Name, string Value)[] Runtime =
    [
        ("DOTNET_gcServer", "0"),
        ("DOTNET_gcConcurrent", "0"),
        ("DOTNET_GCgen0size", "0x800000"),
        ("DOTNET_TieredPGO", "0"),
    ];

    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    int startFailures;
    bool isPausing;
    int lent;

    /// <summary>More workers than the options say, warm at once; fewer end when they have nothing to do.</summary>
    internal void Lend(int count)
    {
        lock (gate)
        {
            lent += count;
            if (count > 0) wanted += count;
            EnsureWorkers();
        }
        listener?.CapacityChanged();
    }

    // Under the gate.
    void EnsureWorkers()
    {
        if (stopping || isPausing) return;
        while (workers.Count(w => !w.IsRetiring && !w.IsDead) < wanted)
        {
            var worker = new WorkerProcess(Convert.ToHexString(RandomNumberGenerator.GetBytes(16)));
            workers = [.. workers, worker];
            _ = Task.Run(() => LiveAsync(worker));
        }
    }

    async Task LiveAsync(WorkerProcess worker)
    {
        var exit = Task.CompletedTask;
        try
        {
            exit = Start(worker);
            if (await ConnectAsync(worker, exit).ConfigureAwait(false) is not { } reader)
            {
                await KillAndWaitAsync(worker, exit).ConfigureAwait(false);
                StartFailed(worker, "it did not connect");
                return;
            }
            do
            {
                while (reader.TryNext(out var kind, out var body)) Take(worker, kind, body);
                Volatile.Write(ref worker.HeardAt, time.GetTimestamp());
            }
            while (await reader.FillAsync().ConfigureAwait(false));
        }
        catch (Win32Exception e)
        {
            StartFailed(worker, e.Message);
            return;
        }
        catch (Exception e)
        {
            Log.WorkerFault(logger, worker.Name, e);
        }
        await KillAndWaitAsync(worker, exit).ConfigureAwait(false);
        Died(worker);
    }

    Task Start(WorkerProcess worker)
    {
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in command.Skip(1)) start.ArgumentList.Add(argument);
        foreach (var argument in (string[])["--connect", place!.Path, "--home", home.Root, "--grace", options.CancelGrace.TotalSeconds.ToString(CultureInfo.InvariantCulture)])
            start.ArgumentList.Add(argument);
        var own = Runtime.Where(v => Environment.GetEnvironmentVariable(v.Name) is null).ToList();
        foreach (var (name, value) in own) start.Environment[name] = value;
        start.Environment[WorkerMain.OwnVariables] = string.Join(' ', own.Select(v => v.Name));
        start.Environment[WorkerMain.TokenVariable] = worker.Token;
        start.Environment.Remove(CommandVariables.Lease);

        var process = ProcessTree.Start(start);
        process.StandardInput.Close();
        process.OutputDataReceived += (_, e) =>
        {
            if (e.Data is not null) Log.WorkerSaid(logger, worker.Name, e.Data);
        };
        process.ErrorDataReceived += (_, e) =>
        {
            if (e.Data is null) return;
            worker.Said(e.Data);
            Log.WorkerComplained(logger, worker.Name, e.Data);
        };
        worker.Process = process;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process.WaitForExitAsync(CancellationToken.None);
    }

    async Task<FrameReader?> ConnectAsync(WorkerProcess worker, Task exit)
    {
        using var limit = new CancellationTokenSource(options.StartLimit, time);
        await Task.WhenAny(worker.Connected.Task, exit, Task.Delay(Timeout.Infinite, limit.Token)).ConfigureAwait(false);
        if (!worker.Connected.Task.IsCompletedSuccessfully) return null;
        var (socket, reader) = worker.Connected.Task.Result;
        lock (gate)
        {
            worker.Socket = socket;
            worker.HeardAt = worker.LastEndedAt = time.GetTimestamp();
            worker.Outbox.Connect(socket);
            worker.IsReady = true;
            startFailures = 0;
            foreach (var bundle in prepared) worker.Outbox.Add(FrameKind.Prepare, new PrepareFrame(bundle), FrameJson.Default.PrepareFrame);
            Dispatch();
        }
        Log.WorkerReady(logger, worker.Name);
        FlushAll();
        listener.CapacityChanged();
        return reader;
    }

    async Task AcceptAsync(Socket from)
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await from.AcceptAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
            _ = GreetAsync(socket);
        }
    }

    // Only who knows a token that was given to a worker, in its environment, is one.
    async Task GreetAsync(Socket socket)
    {
        try
        {
            var reader = new FrameReader(socket);
            while (await reader.FillAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10), time).ConfigureAwait(false))
            {
                if (!reader.TryNext(out var kind, out var body)) continue;
                var token = kind == FrameKind.Hello ? FrameReader.Parse(body, FrameJson.Default.HelloFrame).Token : "";
                var worker = Volatile.Read(ref workers).FirstOrDefault(w => CryptographicOperations.FixedTimeEquals(
                    System.Text.Encoding.ASCII.GetBytes(w.Token), System.Text.Encoding.ASCII.GetBytes(token)));
                if (worker is not null && worker.Connected.TrySetResult((socket, reader))) return;
                break;
            }
        }
        catch (Exception e)
        {
            Log.Stranger(logger, e);
        }
        socket.Dispose();
    }

    // The socket is at its end: whatever is left of the worker and of what it started goes too.
    async Task KillAndWaitAsync(WorkerProcess worker, Task exit)
    {
        // A worker that died by itself gets the moment in which its exit code becomes known.
        if (worker.KilledBecause is null)
            await exit.WaitAsync(TimeSpan.FromSeconds(1), time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        KillTree(worker);
        await exit.WaitAsync(TimeSpan.FromSeconds(2), time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        worker.Socket?.Dispose();
    }

    void KillTree(WorkerProcess worker)
    {
        int[] groups;
        Work? begun;
        lock (gate) (groups, begun) = ([.. worker.Groups], worker.Begun);
        if (worker.Process is { } process) ProcessTree.Kill(process);
        foreach (var group in groups) ProcessTree.Kill(group);
        if (begun is not null) ProcessTree.KillMarked(CommandVariables.Lease, begun.Lease.ToString("N"));
    }

    /// <summary>Gives the worker up: from here on it isn't heard, and its end is reported when it has happened.</summary>
    void Kill(WorkerProcess worker, string because)
    {
        lock (gate)
        {
            if (worker.IsDead) return;
            worker.IsDead = true;
            worker.KilledBecause = because;
        }
        Log.WorkerKilled(logger, worker.Name, because);
        KillTree(worker);
        // Ends the reading, also when the process can't be killed.
        worker.Socket?.Dispose();
    }

    void Died(WorkerProcess worker)
    {
        Work? begun;
        List<(Work Work, CancelReason Reason)> cancelled = [];
        List<Work> returned = [];
        lock (gate)
        {
            worker.IsDead = true;
            workers = [.. workers.Where(w => w != worker)];
            begun = worker.Begun;
            foreach (var work in worker.Held)
            {
                if (work == begun) continue;
                if (work.Cancelled is { } reason) cancelled.Add((work, reason));
                else if (stopping) returned.Add(work);
                else Requeue(work);
            }
            worker.Held.Clear();
            EnsureWorkers();
            Dispatch();
        }
        var how = worker.KilledBecause ?? (worker.Process is { HasExited: true } process ? ProcessTree.Describe(process.ExitCode) : "closed its connection");
        if (worker.IsToldToStop && begun is null) Log.WorkerEnded(logger, worker.Name);
        else Log.WorkerDied(logger, worker.Name, how);
        if (begun is not null) ReportLost(worker, begun, how);
        foreach (var (work, reason) in cancelled) ReportEnded(work, worker.Name, TaskRunner.OutcomeOf(reason), TaskRunner.Describe(reason));
        foreach (var work in returned) Return(work);
        FlushAll();
        listener.CapacityChanged();
        worker.Process?.Dispose();
    }

    void ReportLost(WorkerProcess worker, Work work, string how)
    {
        var error = work.Cancelled is { } reason
            ? $"{TaskRunner.Describe(reason)} It did not stop by itself within its grace, so its worker was killed."
            : $"The attempt was lost: {worker.Name} {how} while it ran.";
        var complaint = worker.Complaint();
        using (var log = new AttemptLog(home.AttemptLog(work.Assignment), time))
            log.Write(LogLevel.Error, null, complaint.Length == 0 ? error : $"{error} It wrote:\n{complaint}");
        ReportEnded(work, worker.Name, work.Cancelled is { } why ? TaskRunner.OutcomeOf(why) : Outcome.Lost, error);
    }

    void StartFailed(WorkerProcess worker, string why)
    {
        if (worker.Process is { HasExited: true } process) why = ProcessTree.Describe(process.ExitCode);
        TimeSpan pause;
        lock (gate)
        {
            workers = [.. workers.Where(w => w != worker)];
            if (stopping) return;
            startFailures++;
            // A worker that can't start will not start a hundred times a second.
            pause = TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, 0.25 * Math.Pow(2, Math.Min(startFailures, 10))));
            isPausing = true;
        }
        var complaint = worker.Complaint();
        Log.StartFailed(logger, string.Join(' ', command), why, complaint.Length == 0 ? "" : "\n" + complaint, pause.TotalSeconds);
        _ = ResumeAsync(pause);
    }

    async Task ResumeAsync(TimeSpan pause)
    {
        await Task.Delay(pause, time, CancellationToken.None).ConfigureAwait(false);
        lock (gate)
        {
            isPausing = false;
            EnsureWorkers();
        }
    }

    void Retire(WorkerProcess worker, string because)
    {
        lock (gate) RetireNow(worker, because);
        FlushAll();
    }

    // Under the gate.
    void RetireNow(WorkerProcess worker, string because)
    {
        if (worker.IsRetiring || worker.IsDead) return;
        worker.IsRetiring = true;
        Log.WorkerRetires(logger, worker.Name, because);
        Recall(worker);
        StopIfDone(worker);
        EnsureWorkers();
    }

    // Under the gate.
    static void StopIfDone(WorkerProcess worker)
    {
        if (!worker.IsRetiring || worker.Held.Count > 0 || worker.IsToldToStop) return;
        worker.IsToldToStop = true;
        worker.Outbox.Add(FrameKind.Stop, new StopFrame(), FrameJson.Default.StopFrame);
    }

    async Task EndWorkersAsync()
    {
        WorkerProcess[] left;
        lock (gate)
        {
            left = workers;
            foreach (var worker in left)
            {
                worker.IsRetiring = true;
                StopIfDone(worker);
            }
        }
        FlushAll();
        for (var began = time.GetTimestamp(); time.GetElapsedTime(began) < TimeSpan.FromSeconds(2) && Volatile.Read(ref workers).Length > 0;)
            await Task.Delay(5, CancellationToken.None).ConfigureAwait(false);
        foreach (var worker in Volatile.Read(ref workers)) Kill(worker, "did not end in time");
        watch?.Dispose();
        place?.Dispose();
    }
}
