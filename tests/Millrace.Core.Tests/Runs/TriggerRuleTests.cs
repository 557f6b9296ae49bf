using Millrace.Dags;
using Millrace.Runs;
using Xunit;

namespace Millrace.Core.Tests.Runs;

/// <summary>
/// Airflow's documented semantics as a table: for each rule, what follows from how two upstream tasks stand.
/// s success, f failed, k skipped, u upstream_failed, . not ended. Runs, Skips, Upstream failed, Waits.
/// </summary>
public sealed class TriggerRuleTests
{
    const string Columns = "ss sf sk su s. ff fk fu f. kk ku k. uu u. ..";

    [Theory]
    //                                          ss sf sk su s. ff fk fu f. kk ku k. uu u. ..
    [InlineData("all_success",                 "R  U  S  U  W  U  U  U  U  S  U  S  U  U  W")]
    [InlineData("all_failed",                  "S  S  S  S  S  R  S  R  W  S  S  S  R  W  W")]
    [InlineData("all_done",                    "R  R  R  R  W  R  R  R  W  R  R  W  R  W  W")]
    [InlineData("all_done_min_one_success",    "R  R  R  R  W  U  U  U  W  S  U  W  U  W  W")]
    [InlineData("all_done_setup_success",      "R  R  R  R  W  R  R  R  W  R  R  W  R  W  W")]
    [InlineData("one_success",                 "R  R  R  R  R  U  U  U  W  S  U  W  U  W  W")]
    [InlineData("one_failed",                  "S  R  S  R  W  R  R  R  R  S  R  W  R  R  W")]
    [InlineData("one_done",                    "R  R  R  R  R  R  R  R  R  S  U  W  U  W  W")]
    [InlineData("none_failed",                 "R  U  R  U  W  U  U  U  U  R  U  W  U  U  W")]
    [InlineData("none_failed_min_one_success", "R  U  R  U  W  U  U  U  U  S  U  W  U  U  W")]
    [InlineData("none_skipped",                "R  R  S  R  W  R  S  R  W  S  S  S  R  W  W")]
    [InlineData("all_skipped",                 "S  S  S  S  S  S  S  S  S  R  S  W  S  S  W")]
    [InlineData("always",                      "R  R  R  R  R  R  R  R  R  R  R  R  R  R  R")]
    public void A_rule_says_what_Airflow_documents(string rule, string verdicts)
    {
        var expected = verdicts.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var columns = Columns.Split(' ');
        Assert.Equal(columns.Length, expected.Length);
        for (var column = 0; column < columns.Length; column++)
            Assert.True(expected[column] == Judge(rule, columns[column]), $"{rule} over {columns[column]}: {Judge(rule, columns[column])}, not {expected[column]}");
    }

    [Fact]
    public void The_table_has_every_rule()
    {
        var names = Enum.GetValues<TriggerRule>().Select(TriggerRules.NameOf).ToArray();
        Assert.Equal(13, names.Length);
        foreach (var name in names) Assert.NotNull(Judge(name, "ss"));
    }

    /// <summary>Capitals are setups.</summary>
    [Theory]
    [InlineData("Sf", "R")]
    [InlineData("Su", "R")]
    [InlineData("Fs", "U")]
    [InlineData("F.", "U")]
    [InlineData("Kf", "S")]
    [InlineData("K.", "S")]
    [InlineData("S.", "W")]
    [InlineData("SS", "R")]
    [InlineData("SF", "U")]
    [InlineData("sk", "R")]
    public void A_teardown_runs_after_everything_if_its_setups_succeeded(string upstream, string verdict)
    {
        Assert.Equal(verdict, Judge("all_done_setup_success", upstream));
    }

    [Fact]
    public void A_task_that_waits_for_nothing_runs_whatever_its_rule()
    {
        foreach (var rule in Enum.GetValues<TriggerRule>()) Assert.Equal(Verdict.Run, TriggerRules.Judge(rule, new UpstreamCounts()));
    }

    [Fact]
    public void A_removed_task_is_as_if_it_never_was()
    {
        var counts = new UpstreamCounts();
        counts.Add(TaskState.Removed, 3, isSetup: false);
        counts.Add(TaskState.Success, 1, isSetup: false);
        Assert.Equal(Verdict.Run, TriggerRules.Judge(TriggerRule.AllSuccess, counts));
    }

    static string Judge(string rule, string upstream)
    {
        var counts = new UpstreamCounts();
        foreach (var letter in upstream)
            counts.Add(char.ToLowerInvariant(letter) switch
            {
                's' => TaskState.Success,
                'f' => TaskState.Failed,
                'k' => TaskState.Skipped,
                'u' => TaskState.UpstreamFailed,
                _ => TaskState.Running,
            }, 1, char.IsUpper(letter));
        return TriggerRules.Judge(Enum.GetValues<TriggerRule>().Single(known => TriggerRules.NameOf(known) == rule), counts) switch
        {
            Verdict.Run => "R",
            Verdict.Skip => "S",
            Verdict.UpstreamFailed => "U",
            _ => "W",
        };
    }
}
