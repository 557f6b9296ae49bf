using System.CommandLine;
using Millrace.Cli.DataWork;
using Millrace.Data;

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

    internal static Command Create()
    {
        var from = new Argument<string>("from") { Description = $"What to read. {Place.Says}" };
        var to = new Argument<string>("to") { Description = "The table or dataset to load: warehouse:orders (a connection's table), app.sqlite!orders, lake.duckdb!orders, or a folder for a dataset." };
        var mode = new Option<string>("--mode", "-m") { Description = $"One of {string.Join(", ", Modes.Keys)}.", HelpName = "mode", DefaultValueFactory = _ => "append" };
        var key = new Option<string?>("--key", "-k") { Description = "The columns by which a load knows its rows again, with commas between them.", HelpName = "columns" };
        var bookmark = new Option<string?>("--bookmark") { Description = "For incremental: the column that grows.", HelpName = "column" };
        var id = new Option<string?>("--id") { Description = "What makes this load the same as an earlier one, which then isn't loaded again.", HelpName = "text" };
        var work = new WorkOptions();
        var command = new Command("load", Says) { from, to, mode, key, bookmark, id };
        work.AddTo(command);
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            if (!Modes.TryGetValue(parsed.GetValue(mode)!, out var how))
                throw new UserErrorException($"--mode '{parsed.GetValue(mode)}' isn't a way to load. There are: {string.Join(", ", Modes.Keys)}.");
            var keys = (parsed.GetValue(key) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var frame = Place.Parse(parsed.GetRequiredValue(from)).Open();
            var target = Place.Parse(parsed.GetRequiredValue(to)).Target(keys);
            var options = new LoadOptions { Id = parsed.GetValue(id), Bookmark = parsed.GetValue(bookmark) is { } column ? Bookmark.ByKey(column) : null };
            var run = work.RunOf(parsed);
            var report = await WorkScreen.ShowAsync(session, run, frame, (f, cancel) => f.LoadAsync(target, how, options, run, cancel));
            await work.KeepRejectsAsync(parsed, run, session.Cancellation);
            if (session.IsJson) session.Terminal.WriteJson(WorkView.Of(report), WorkJson.Default.WorkView);
            else session.Terminal.Line(report.ToString());
            return ExitCode.Ok;
        }));
        return command;
    }
}
