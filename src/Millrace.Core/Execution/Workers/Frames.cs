using System.Text.Json;
using System.Text.Json.Serialization;
using Millrace.Runs;

namespace Millrace.Execution;

// What the pool and its workers tell each other. A frame on the socket:
//
//  0              4      5
//  | length (LE)  | kind | body: JSON, length - 1 bytes
//
// The length counts the kind and the body.
enum FrameKind : byte
{
    // From the pool.
    Assign = 1,
    Cancel = 2,
    /// <summary>Give back those of these that have not begun.</summary>
    Recall = 3,
    Value = 4,
    /// <summary>Exit once nothing is left to do.</summary>
    Stop = 5,
    /// <summary>Load this bundle when there is nothing else to do.</summary>
    Prepare = 6,

    // From a worker.
    Hello = 16,
    /// <summary>From here on the try is used.</summary>
    Started = 17,
    Finished = 18,
    CallbackEnded = 19,
    Heartbeat = 20,
    Need = 21,
    Recalled = 22,
    /// <summary>A process group that a task started begins or ended: it must not outlive the worker.</summary>
    Group = 23,
    FiringKnown = 24,
}

sealed record HelloFrame(string Token, int ProcessId);
sealed record CancelFrame(Guid Lease, CancelReason Reason);
sealed record LeasesFrame(IReadOnlyList<Guid> Leases);
sealed record LeaseFrame(Guid Lease);
sealed record CallbackEndedFrame(Guid Callback, string? Error);
sealed record FiringKnownFrame(Guid Question, FiringAnswer Answer);
sealed record HeartbeatFrame(long ResidentBytes);
sealed record GroupFrame(int Group, bool Alive);

enum NeedKind : byte { Result, Results, Variable }

/// <param name="Id">Names the answer.</param>
/// <param name="After">Of results: they come in pages, this one after the first so many.</param>
sealed record NeedFrame(int Id, NeedKind Kind, RunId Run, string Name, int MapIndex, int After);

sealed record ValueFrame(int Id)
{
    public ResultValue? Result { get; init; }
    public IReadOnlyList<ResultRow>? Rows { get; init; }
    /// <summary>There is another page.</summary>
    public bool More { get; init; }
    public string? Text { get; init; }
    /// <summary>The question could not be answered.</summary>
    public string? Error { get; init; }
}

sealed record StopFrame;
sealed record PrepareFrame(string Bundle);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Assignment))]
[JsonSerializable(typeof(AttemptReport))]
[JsonSerializable(typeof(HelloFrame))]
[JsonSerializable(typeof(CancelFrame))]
[JsonSerializable(typeof(LeasesFrame))]
[JsonSerializable(typeof(LeaseFrame))]
[JsonSerializable(typeof(CallbackEndedFrame))]
[JsonSerializable(typeof(FiringKnownFrame))]
[JsonSerializable(typeof(HeartbeatFrame))]
[JsonSerializable(typeof(GroupFrame))]
[JsonSerializable(typeof(NeedFrame))]
[JsonSerializable(typeof(ValueFrame))]
[JsonSerializable(typeof(StopFrame))]
[JsonSerializable(typeof(PrepareFrame))]
sealed partial class FrameJson : JsonSerializerContext;
