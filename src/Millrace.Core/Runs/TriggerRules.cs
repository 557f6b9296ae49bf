using System.Text.Json;
using Millrace.Dags;

namespace Millrace.Runs;

/// <summary>How the task instances before one stand, counted.</summary>
struct UpstreamCounts
{
    internal int Total, Success, Skipped, Failed, UpstreamFailed, SetupsFailed, SetupsSkipped;

    internal readonly int Done => Success + Skipped + Failed + UpstreamFailed;
    internal readonly int AnyFailed => Failed + UpstreamFailed;

    internal void Add(TaskState state, int count, bool isSetup)
    {
        // An instance that the version no longer has is as if it never was.
        if (state == TaskState.Removed) return;
        Total += count;
        switch (state)
        {
            case TaskState.Success: Success += count; break;
            case TaskState.Skipped: Skipped += count; if (isSetup) SetupsSkipped += count; break;
            case TaskState.Failed: Failed += count; if (isSetup) SetupsFailed += count; break;
            case TaskState.UpstreamFailed: UpstreamFailed += count; if (isSetup) SetupsFailed += count; break;
        }
    }
}

enum Verdict { Wait, Run, Skip, UpstreamFailed }

static class TriggerRules
{
    /// <summary>What a rule says; as soon as the outcome can't change any more, without waiting for the rest.</summary>
    internal static Verdict Judge(TriggerRule rule, in UpstreamCounts up)
    {
        var allDone = up.Done == up.Total;
        return rule switch
        {
            _ when up.Total == 0 => Verdict.Run,
            TriggerRule.Always => Verdict.Run,

            TriggerRule.AllSuccess when up.AnyFailed > 0 => Verdict.UpstreamFailed,
            TriggerRule.AllSuccess when up.Skipped > 0 => Verdict.Skip,
            TriggerRule.AllSuccess => RunIf(up.Success == up.Total),

            TriggerRule.AllFailed when up.Success > 0 || up.Skipped > 0 => Verdict.Skip,
            TriggerRule.AllFailed => RunIf(up.AnyFailed == up.Total),

            TriggerRule.AllDone => RunIf(allDone),

            TriggerRule.AllDoneMinOneSuccess when allDone && up.Success == 0 => up.AnyFailed > 0 ? Verdict.UpstreamFailed : Verdict.Skip,
            TriggerRule.AllDoneMinOneSuccess => RunIf(allDone),

            TriggerRule.AllDoneSetupSuccess when up.SetupsFailed > 0 => Verdict.UpstreamFailed,
            TriggerRule.AllDoneSetupSuccess when up.SetupsSkipped > 0 => Verdict.Skip,
            TriggerRule.AllDoneSetupSuccess => RunIf(allDone),

            TriggerRule.OneSuccess when up.Success > 0 => Verdict.Run,
            TriggerRule.OneSuccess when allDone => up.AnyFailed > 0 ? Verdict.UpstreamFailed : Verdict.Skip,

            TriggerRule.OneFailed when up.AnyFailed > 0 => Verdict.Run,
            TriggerRule.OneFailed when allDone => Verdict.Skip,

            TriggerRule.OneDone when up.Success + up.Failed > 0 => Verdict.Run,
            TriggerRule.OneDone when allDone => up.UpstreamFailed > 0 ? Verdict.UpstreamFailed : Verdict.Skip,

            TriggerRule.NoneFailed when up.AnyFailed > 0 => Verdict.UpstreamFailed,
            TriggerRule.NoneFailed => RunIf(allDone),

            TriggerRule.NoneFailedMinOneSuccess when up.AnyFailed > 0 => Verdict.UpstreamFailed,
            TriggerRule.NoneFailedMinOneSuccess when up.Skipped == up.Total => Verdict.Skip,
            TriggerRule.NoneFailedMinOneSuccess => RunIf(allDone),

            TriggerRule.NoneSkipped when up.Skipped > 0 => Verdict.Skip,
            TriggerRule.NoneSkipped => RunIf(allDone),

            TriggerRule.AllSkipped when up.Success > 0 || up.AnyFailed > 0 => Verdict.Skip,
            TriggerRule.AllSkipped => RunIf(up.Skipped == up.Total),

            _ => Verdict.Wait,
        };
    }

    internal static string NameOf(TriggerRule rule) => JsonNamingPolicy.SnakeCaseLower.ConvertName(rule.ToString());

    static Verdict RunIf(bool met) => met ? Verdict.Run : Verdict.Wait;
}
