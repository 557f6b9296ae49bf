using Millrace.Dags;
using Millrace.Runs;

namespace Millrace.Testing;

/// <summary>What happened to one run.</summary>
sealed class LocalRecord(Run run, Dag dag)
{
    internal Run Run => run;
    internal Dag Dag => dag;
    internal List<Transition> Transitions { get; } = [];
    internal List<CallbackCall> Callbacks { get; } = [];
    internal List<AssetEventRow> AssetEvents { get; } = [];
    internal List<TriggeredChild> Children { get; } = [];

    /// <param name="Error">Null when the callback returned.</param>
    internal sealed record CallbackCall(CallbackRow Row, string? Error);

    /// <param name="Record">Null when the Dag isn't known here.</param>
    internal sealed record TriggeredChild(InstanceId By, TriggerDagSpec Trigger, LocalRecord? Record);
}
