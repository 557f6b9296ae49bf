using Millrace.Runs;
using Millrace.Testing;

namespace Millrace.Samples.Tests;

public sealed class EtlPipelineTests : IDisposable
{
    readonly TempFolder folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Database => folder["averages.csv"];

    DagTest Test => DagTest.For(EtlPipeline.Dag).With("database", Database).At("2026-11-21");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task It_loads_the_average_of_the_scores_there_are()
    {
        var run = await Test.RunAsync(Cancel);

        Assert.Equal(RunState.Success, run.State);
        Assert.Equal([new("Ada", 90, 2), new("Grace", 75, 1), new("Edsger", 72.5, 2)], run.Result<EtlPipeline.Average[]>("transform_avg_score"));
        Assert.Equal(["day,student,average,courses", "2026-11-21,Ada,90,2", "2026-11-21,Grace,75,1", "2026-11-21,Edsger,72.5,2"], await File.ReadAllLinesAsync(Database, Cancel));
        Assert.Contains("Loaded 3 averages for 2026-11-21", run["load_df_to_db"].Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_days_stand_beside_each_other_and_a_rerun_doubles_nothing()
    {
        await Test.RunAsync(Cancel);
        await Test.At("2026-11-22").RunAsync(Cancel);
        await Test.Failing("load_df_to_db", times: 2).RunAsync(Cancel);

        var days = (await File.ReadAllLinesAsync(Database, Cancel)).Skip(1).Select(line => line.Split(',')[0]).ToArray();
        Assert.Equal((3, 3), (days.Count(day => day == "2026-11-21"), days.Count(day => day == "2026-11-22")));
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
