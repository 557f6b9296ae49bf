using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using Millrace.Cli.Bench;
using Millrace.Cli.Bench.Broker;
using Millrace.Cli.Bench.Client;
using Millrace.Cli.Bench.Data;
using Millrace.Cli.Output;

namespace Millrace.Cli.Commands;

/// <summary>Measures this machine: whole runs through the real store, scheduler and worker processes, in a folder of their own.</summary>
static class BenchCommand
{
    internal const string Says = "Measures chains, fan-outs, schedules, starts and reloads on this machine.";

    static readonly Dictionary<string, (string Says, Func<BenchOptions, CancellationToken, Task<Dictionary<string, object>>> Run)> Benches = new()
    {
        ["chain"] = ("--tasks N small tasks, one after another", RunBenches.ChainAsync),
        ["lattice"] = ("10 chains of 100 tasks side by side", RunBenches.LatticeAsync),
        ["fanout"] = ("--tasks N instances of one mapped task", RunBenches.FanoutAsync),
        ["latency"] = ("100 firings a second: from due to started", ScheduleBenches.LatencyAsync),
        ["fleet"] = ("--dags N scheduled DAGs: the scheduler's CPU and its restart", ScheduleBenches.FleetAsync),
        ["history"] = ("a chain in a store with --instances N finished ones", RunBenches.HistoryAsync),
        ["start"] = ("'millrace up' in a fresh home, to the end of its first task", LoopBenches.StartAsync),
        ["simulate"] = ("--seeds N random worlds with crashes, races and failing stores, in virtual time", SimulateBench.RunAsync),
        ["toll"] = ("three files of --rows N rows to one, columns of each side by side", TextBenches.TollAsync),
        ["filter"] = ("a CSV file of --rows N rows, filtered and written", TextBenches.FilterAsync),
        ["scan"] = ("--rows N rows, 100 million without it, from DuckDB into a C# loop", EngineBenches.ScanAsync),
        ["callback"] = ("a C# function on --rows N rows within a query", EngineBenches.CallbackAsync),
        ["load"] = ("--rows N rows, a million without it, into PostgreSQL and over themselves", LoadBench.LoadAsync),
        ["groupby"] = ("six group-bys of a CSV of --rows N rows", RelationalBenches.GroupByAsync),
        ["join"] = ("three joins of a CSV of --rows N rows", RelationalBenches.JoinAsync),
        ["parquet"] = ("a CSV of --rows N rows to Parquet, packed with zstd", RelationalBenches.ParquetAsync),
        ["broker"] = ("the event broker in another process, over plain sockets, with --durability disk or page-cache", BrokerBench.RunAsync),
        ["client"] = ("the managed Kafka client against a broker in another process", ClientBench.RunAsync),
        ["reload"] = ("from a saved file to its version in force", LoopBenches.ReloadAsync),
    };

    internal static Command Create()
    {
        var name = new Argument<string>("name") { Description = string.Join("; ", Benches.Select(bench => $"{bench.Key}: {bench.Value.Says}")) + "." };
        var repeat = new Option<int>("--repeat") { Description = "Measurements; the median counts.", HelpName = "n", DefaultValueFactory = _ => 5 };
        var tasks = new Option<int?>("--tasks") { Description = "Of chain, fanout and history.", HelpName = "n" };
        var dags = new Option<int?>("--dags") { Description = "Of fleet.", HelpName = "n" };
        var instances = new Option<int?>("--instances") { Description = "Of history.", HelpName = "n" };
        var seeds = new Option<int?>("--seeds") { Description = "Of simulate.", HelpName = "n" };
        var rows = new Option<int?>("--rows") { Description = "Rows of the data benchmarks; 10 million without it.", HelpName = "n" };
        var data = new Option<string?>("--data") { Description = "The folder with the data benchmarks' files; without it they are made first.", HelpName = "folder" };
        var durability = new Option<string>("--durability") { Description = "Of broker: when records are acknowledged.", DefaultValueFactory = _ => "disk" };
        durability.AcceptOnlyFromAmong("disk", "page-cache");
        var command = new Command("bench", Says) { name, repeat, tasks, dags, instances, seeds, rows, data, durability };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var wanted = parsed.GetRequiredValue(name);
            if (!Benches.TryGetValue(wanted, out var bench))
                throw new UserErrorException($"There is no benchmark '{wanted}'. There are: {string.Join(", ", Benches.Keys)}.");
            var options = new BenchOptions(Math.Max(1, parsed.GetValue(repeat)), parsed.GetValue(tasks), parsed.GetValue(dags), parsed.GetValue(instances), parsed.GetValue(seeds), parsed.GetValue(rows), parsed.GetValue(data), parsed.GetValue(durability)!, parsed.GetValue(CommandTree.Store) ?? "");
            var figures = new Dictionary<string, object> { ["bench"] = wanted, ["store"] = options.Postgres.Length > 0 ? "postgres" : "sqlite" };
            foreach (var (key, value) in await bench.Run(options, session.Cancellation)) figures[key] = value;
            figures["cores"] = Environment.ProcessorCount;
            figures["runtime"] = RuntimeInformation.FrameworkDescription;
            figures["at"] = session.Time.GetUtcNow().ToString("O");
            Print(session, figures);
            return ExitCode.Ok;
        }));
        return command;
    }

    static void Print(Session session, Dictionary<string, object> figures)
    {
        if (session.IsJson)
        {
            session.Terminal.Line(JsonSerializer.Serialize(figures));
            return;
        }
        foreach (var (key, value) in figures)
            session.Terminal.Line($"{key,-22} {(value is string ? value : JsonSerializer.Serialize(value))}");
    }
}
