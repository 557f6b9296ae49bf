using System.CommandLine;
using Millrace.Cli.DataWork;
using Millrace.Data;
using Millrace.Hosting.Settings;

namespace Millrace.Cli.Commands;

/// <summary>Rows into a table or a dataset, in any mode of <see cref="Load"/>.</summary>
static class LoadCommand
{
    internal const string Says = "Loads files and tables into a table or a dataset.";

    static readonly Dictionary<string, Load> Modes = new()
    {
        ["full"] = Load.Full,
        ["append"] = Load.Append,
        ["insert-only"] = Load.InsertOnly,
        ["upsert"] = Load.Upsert,
        ["delete-insert"] = Load.DeleteInsert,
        ["scd2"] = Load.Scd2,
        ["incremental"] = Load.Incremental,
    };

    // Said in the words of the command line: what the library would say names C#.
    static void Check(string mode, Load how, string[] keys, string? bookmark)
    {
        if (how is Load.InsertOnly or Load.Upsert or Load.DeleteInsert or Load.Scd2 && keys.Length == 0)
            throw new UserErrorException($"--mode {mode} knows rows again by a key. Name its columns: --key id, or --key station,day.");
        if (how == Load.Incremental && bookmark is null)
            throw new UserErrorException("--mode incremental reads what is past a bookmark. Name the column that grows: --bookmark updated_at.");
        if (how != Load.Incremental && bookmark is not null)
            throw new UserErrorException($"--bookmark is for --mode incremental, and this load is {mode}. Give one of them up.");
    }

    static void CheckColumns(string option, string[] names, Frame frame, string from)
    {
        // As a load finds columns: plaza_id is PlazaId, too.
        var unknown = names.FirstOrDefault(n => !frame.Schema.Names.Any(c => Plain(c) == Plain(n)));
        if (unknown is not null) throw new UserErrorException($"{option} '{unknown}' is no column of '{from}'.{NearMiss.Question(unknown, frame.Schema.Names)} There are: {string.Join(", ", frame.Schema.Names)}.");

        static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();
    }

    internal static Command Create()
    {
        var from = new Argument<string>("from") { Description = $"What to read. {Place.Says}" };
        var to = new Argument<string>("to") { Description = "The table or dataset to load: warehouse:orders (a connection's table), app.sqlite!orders, lake.duckdb!orders, or a folder for a dataset." };
        var mode = new Option<string>("--mode", "-m") { Description = $"One of {string.Join(", ", Modes.Keys)}.", HelpName = "mode", DefaultValueFactory = _ => "append" };
        var key = new Option<string?>("--key", "-k") { Description = "The columns by which a load knows its rows again, with commas between them.", HelpName = "columns" };
        var bookmark = new Option<string?>("--bookmark") { Description = "For incremental: the column that grows.", HelpName = "column" };
        var id = new Option<string?>("--id") { Description = "What makes this load the same as an earlier one, which then isn't loaded again.", HelpName = "text" };
        var contract = new Option<string>("--contract") { Description = "What happens where the rows and the table aren't of one shape: evolve (the table gets columns and wider types), freeze (the load is refused), discard-row (rows that don't fit are rejected) or discard-value (rows are loaded without the value).", HelpName = "what", DefaultValueFactory = _ => "evolve" };
        var most = new Option<string?>("--max-rejected") { Description = "How many rows may be refused, as a number (100) or a share (5%): beyond it nothing is loaded.", HelpName = "rows" };
        var work = new WorkOptions();
        var command = new Command("load", Says) { from, to, mode, key, bookmark, id, contract, most };
        work.AddTo(command);
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            if (!Modes.TryGetValue(parsed.GetValue(mode)!, out var how))
                throw new UserErrorException($"--mode '{parsed.GetValue(mode)}' isn't a way to load. There are: {string.Join(", ", Modes.Keys)}.");
            var keys = (parsed.GetValue(key) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            Check(parsed.GetValue(mode)!, how, keys, parsed.GetValue(bookmark));
            var (shape, (rows, share)) = (LoadWords.ContractOf(parsed.GetValue(contract)!), LoadWords.MaxRejected(parsed.GetValue(most)));
            var frame = Place.Parse(parsed.GetRequiredValue(from)).Open();
            CheckColumns("--key", keys, frame, parsed.GetRequiredValue(from));
            CheckColumns("--bookmark", [.. parsed.GetValue(bookmark) is { } grows ? (string[])[grows] : []], frame, parsed.GetRequiredValue(from));
            var target = Place.Parse(parsed.GetRequiredValue(to)).Target(keys);
            if (how == Load.Scd2 && target is Dataset) throw new UserErrorException("--mode scd2 keeps versions of rows in a table, and a dataset keeps versions of its own. Load a table (app.sqlite!orders), or the dataset by upsert.");
            var options = new LoadOptions { Id = parsed.GetValue(id), Contract = shape, MaxRejected = share, Bookmark = parsed.GetValue(bookmark) is { } column ? Bookmark.ByKey(column) : null };
            var run = work.RunOf(parsed, rows);
            using var rejects = run.Rejects;
            LoadReport report;
            try
            {
                report = await WorkScreen.ShowAsync(session, run, cancel => frame.LoadAsync(target, how, options, run, cancel));
            }
            catch (Exception e) when (e is LoadException or RejectLimitException)
            {
                // Too many were refused: they are what says why.
                await work.KeepRejectsAsync(parsed, run, session.Cancellation);
                throw;
            }
            await work.KeepRejectsAsync(parsed, run, session.Cancellation);
            if (session.IsJson) session.Terminal.WriteJson(WorkView.Of(report), WorkJson.Default.WorkView);
            else session.Terminal.Line(report.ToString());
            return ExitCode.Ok;
        }));
        return command;
    }
}
