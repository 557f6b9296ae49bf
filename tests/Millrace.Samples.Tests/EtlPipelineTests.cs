using Millrace.Data;
using Millrace.Runs;
using Millrace.Testing;

namespace Millrace.Samples.Tests;

public sealed class EtlPipelineTests : IDisposable
{
    readonly TempFolder folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Database => folder["averages.db"];

    DagTest Test => DagTest.For(EtlPipeline.Dag).With("source", folder["school.db"]).With("database", Database).At("2026-11-21");

    public void Dispose() => folder.Dispose();

    sealed record Loaded(DateOnly Day, string Student, double Points, long Courses);

    async Task<List<Loaded>> LoadedAsync() => await Frame.From(EtlPipeline.Averages(Database)).As<Loaded>().OrderBy(row => row.Day).ThenBy(row => row.Student).ToListAsync(Cancel);

    [Fact]
    public async Task It_loads_the_average_of_the_scores_there_are()
    {
        var run = await Test.RunAsync(Cancel);

        Assert.True(run.State == RunState.Success, run.ToString());
        Assert.Equal([new("Ada", 90, 2), new("Grace", 75, 1), new("Edsger", 72.5, 2)], await run.Result<Frame<EtlPipeline.Average>>("transform_avg_score").ToListAsync(Cancel));
        var day = new DateOnly(2026, 11, 21);
        Assert.Equal([new(day, "Ada", 90, 2), new(day, "Edsger", 72.5, 2), new(day, "Grace", 75, 1)], await LoadedAsync());
        Assert.Contains("Loaded 3 averages for 2026-11-21", run["load_df_to_db"].Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_days_stand_beside_each_other_and_a_rerun_doubles_nothing()
    {
        await Test.RunAsync(Cancel);
        await Test.At("2026-11-22").RunAsync(Cancel);
        await Test.Failing("load_df_to_db", times: 2).RunAsync(Cancel);

        Assert.Equal([(21, 3), (22, 3)], (await LoadedAsync()).CountBy(row => row.Day.Day).Select(day => (day.Key, day.Value)));
    }

    [Fact]
    public async Task A_score_that_was_corrected_changes_the_average_of_the_day()
    {
        await Test.RunAsync(Cancel);
        await Frame.From([new EtlPipeline.Score(2, "logic", 85)]).LoadAsync(EtlPipeline.Scores(folder["school.db"]), Load.Upsert, cancel: Cancel);
        await Test.RunAsync(Cancel);

        Assert.Equal([("Ada", 90), ("Edsger", 72.5), ("Grace", 80)], (await LoadedAsync()).Select(row => (row.Student, row.Points)));
    }

    [Fact]
    public async Task When_a_table_can_not_be_extracted_nothing_is_loaded()
    {
        var run = await Test.Failing("extract_table2_to_df").RunAsync(Cancel);

        Assert.Equal((RunState.Failed, TaskState.Success, 4), (run.State, run["extract_table1_to_df"].State, run["extract_table2_to_df"].Attempts));
        Assert.Equal(TaskState.UpstreamFailed, run["load_df_to_db"].State);
        Assert.False(File.Exists(Database));
    }
}
