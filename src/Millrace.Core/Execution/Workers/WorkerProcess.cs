using System.Diagnostics;
using System.Net.Sockets;
using Millrace.Runs;

namespace Millrace.Execution;

/// <summary>An assignment between <see cref="IExecutor.Run"/> and its report.</summary>
sealed class Work(Assignment assignment, long order, long queuedAt)
{
    public Assignment Assignment { get; } = assignment;
    public Guid Lease => Assignment.Attempt.Lease;
    /// <summary>Its place in the queue, also when it comes back to it.</summary>
    public long Order { get; } = order;
    public long QueuedAt { get; } = queuedAt;
    public long BegunAt { get; set; }
    public DateTimeOffset StartedAt { get; set; }
    public bool IsRecalled { get; set; }
    public CancelReason? Cancelled { get; set; }
    /// <summary>When its worker is killed because the attempt did not stop by itself.</summary>
    public long KillAt { get; set; } = long.MaxValue;
}

/// <summary>A worker as the pool sees it. Guarded by the pool's gate.</summary>
sealed class WorkerProcess(string token)
{
    // A crash says what it was first; thousands of stack frames may follow.
    const int Kept = 12;

    readonly List<string> complaint = [];

    public string Token { get; } = token;
    public Process? Process { get; set; }
    public string Name => $"worker {Process?.Id}";
    public Outbox Outbox { get; } = new();
    public TaskCompletionSource<(Socket, FrameReader)> Connected { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    public Socket? Socket { get; set; }

    /// <summary>All it was given and has not reported, in order; the one it began is among them.</summary>
    public List<Work> Held { get; } = [];
    public Work? Begun { get; set; }
    public string LastBundle { get; set; } = "";
    public long LastEndedAt { get; set; }
    public int Ended { get; set; }

    public bool IsReady { get; set; }
    /// <summary>Gets nothing new and ends when it has nothing left.</summary>
    public bool IsRetiring { get; set; }
    public bool IsToldToStop { get; set; }
    /// <summary>Given up: whatever it still says is not heard.</summary>
    public bool IsDead { get; set; }
    public string? KilledBecause { get; set; }
    /// <summary>Written without the gate, by whoever reads its socket.</summary>
    public long HeardAt;

    public HashSet<int> Groups { get; } = [];
    /// <summary>The rows that a question in pages is being answered from.</summary>
    public (RunId Run, string Task, IReadOnlyList<ResultRow> Rows)? Pages { get; set; }

    public void Said(string line)
    {
        lock (complaint)
            if (complaint.Count < Kept) complaint.Add(line);
    }

    public void ForgetComplaint()
    {
        lock (complaint) complaint.Clear();
    }

    /// <summary>The first lines on its standard error since it began its last attempt: where a runtime says why it crashed.</summary>
    public string Complaint()
    {
        lock (complaint) return string.Join('\n', complaint);
    }
}
