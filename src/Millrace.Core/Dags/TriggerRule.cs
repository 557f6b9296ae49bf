using System.Text.Json.Serialization;

namespace Millrace.Dags;

/// <summary>When a task may run, given how the tasks before it ended. Airflow's thirteen rules under Airflow's names.</summary>
[JsonConverter(typeof(TriggerRuleNames))]
public enum TriggerRule
{
    /// <summary>Every upstream task succeeded (the default).</summary>
    AllSuccess,
    /// <summary>Every upstream task failed or could not run because of a failure.</summary>
    AllFailed,
    /// <summary>Every upstream task has ended, however it ended.</summary>
    AllDone,
    /// <summary>Every upstream task has ended and at least one succeeded.</summary>
    AllDoneMinOneSuccess,
    /// <summary>Every upstream task has ended and the upstream setup tasks succeeded: the rule of teardowns.</summary>
    AllDoneSetupSuccess,
    /// <summary>At least one upstream task succeeded; the others are not waited for.</summary>
    OneSuccess,
    /// <summary>At least one upstream task failed; the others are not waited for.</summary>
    OneFailed,
    /// <summary>At least one upstream task succeeded or failed; the others are not waited for.</summary>
    OneDone,
    /// <summary>No upstream task failed: each succeeded or was skipped.</summary>
    NoneFailed,
    /// <summary>No upstream task failed and at least one succeeded.</summary>
    NoneFailedMinOneSuccess,
    /// <summary>No upstream task was skipped.</summary>
    NoneSkipped,
    /// <summary>Every upstream task was skipped.</summary>
    AllSkipped,
    /// <summary>Does not look at upstream tasks.</summary>
    Always,
}
