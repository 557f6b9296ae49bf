using System.Diagnostics;

namespace Millrace.Kafka;

/// <summary>The context of a trace in the headers of a record, as W3C has it: <c>traceparent</c> and <c>tracestate</c>.</summary>
static class TraceHeaders
{
    const string Parent = "traceparent", State = "tracestate";

    /// <summary>Begins the sending of a record, where somebody listens, and puts it into the headers.</summary>
    internal static Activity? Begin(string topic, ref IReadOnlyList<RecordHeader>? headers)
    {
        if (!KafkaTelemetry.Source.HasListeners()) return null;
        var activity = KafkaTelemetry.Source.StartActivity($"send {topic}", ActivityKind.Producer);
        if (activity is null) return null;
        activity.SetTag("messaging.system", "kafka").SetTag("messaging.operation.type", "send").SetTag("messaging.destination.name", topic);
        var more = new List<RecordHeader>((headers?.Count ?? 0) + 2);
        // Whoever passes a record on is a part of the trace, not its beginning.
        if (headers is not null) more.AddRange(headers.Where(h => h.Name is not (Parent or State)));
        more.Add(new(Parent, activity.Id!));
        if (activity.TraceStateString is { Length: > 0 } state) more.Add(new(State, state));
        headers = more;
        return activity;
    }

    internal static ActivityContext Read(IReadOnlyList<RecordHeader> headers)
    {
        string? parent = null, state = null;
        foreach (var header in headers)
        {
            if (header.Name == Parent) parent = header.Text;
            else if (header.Name == State) state = header.Text;
        }
        return parent is not null && ActivityContext.TryParse(parent, state, isRemote: true, out var context) ? context : default;
    }
}
