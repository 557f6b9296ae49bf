using Millrace.Dags;
using Millrace.Data;
using Millrace.Runs;
using Millrace.Testing;
using Millrace.Testing.Servers;

namespace Millrace.Samples.Tests;

/// <summary>The samples whose param <c>database</c> names PostgreSQL.</summary>
public sealed class PostgresSamplesTests : IAsyncLifetime
{
    static readonly Dag[] dags = [EtlPipeline.Dag, CostAccounting.Dag, TemperatureFrame.Dag, CutAwkCopy.Dag];

    PostgresDatabase database = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => database = await PostgresDatabase.CreateAsync(Cancel);

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Theory]
    [InlineData("etl_ipeline", "averages", 3)]
    [InlineData("cost_accounting", "costs", 14)]
    [InlineData("temperature_frame", "temperature_stats", 3)]
    [InlineData("cut_awk_copy", "users", 7)]
    public async Task A_sample_loads_PostgreSQL_and_the_second_time_the_same_rows(string dag, string table, int rows)
    {
        // As an environment has it, so that no password stands in a param or a plan.
        var mart = database.Name;
        Environment.SetEnvironmentVariable("MILLRACE_CONNECTION_" + mart.ToUpperInvariant(), database.ConnectionString);
        var test = DagTest.For(dags.Single(d => d.Name == dag)).With("database", mart).At("2026-11-21T05:00Z");
        if (dag == "etl_ipeline") test = test.With("source", mart);

        for (var i = 0; i < 2; i++)
        {
            var run = await test.RunAsync(Cancel);
            Assert.True(run.State == RunState.Success, run.ToString());
            Assert.Equal(rows, await Frame.From(Database.Table(database.ConnectionString, table)).CountAsync(Cancel));
        }
    }
}
