using System.CommandLine;
using Millrace.Cli.DataWork;
using Millrace.Cli.Output;
using Millrace.Data;

namespace Millrace.Cli.Commands;

/// <summary>A query over whatever can be read: files, folders, archives, datasets and tables of databases.</summary>
static class SqlCommand
{
    internal const string Says = "Queries files, folders, datasets and connections with SQL.";

    internal static Command Create()
    {
        var query = new Argument<string?>("query")
        {
            Description = "A SELECT in DuckDB's dialect, or several with semicolons between. Where a table could stand, a quoted path can: select * from 'orders/*.csv'. Left out, or '-', it is read from standard input.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var file = new Option<string?>("--file", "-f") { Description = "A file that holds the query.", HelpName = "file" };
        var table = new Option<string[]>("--table", "-t")
        {
            Description = "Gives what is at a place a name that the query can use, and if you like types: orders=exports/*.csv, or orders=exports/*.csv;amount:decimal(18,2),at:instant. "
                + "A place is a path, a member of an archive or sheet of a workbook (data.tgz!a.csv, book.xlsx!Costs), a table in a database file (app.sqlite!orders), or of a connection (warehouse:orders, with MILLRACE_CONNECTION_WAREHOUSE set). May be given several times.",
            HelpName = "name=place",
        };
        var rows = new Option<int>("--rows", "-n") { Description = "How many rows a drawn table shows; 0 shows all.", HelpName = "n", DefaultValueFactory = _ => 40 };
        var csv = new Option<bool>("--csv") { Description = "Print CSV." };
        var explain = new Option<bool>("--explain") { Description = "Print how the query would be run, and don't run it." };
        var work = new WorkOptions();
        var command = new Command("sql", Says) { query, file, table, rows, csv, explain };
        work.AddTo(command);
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            if (parsed.GetValue(rows) < 0) throw new UserErrorException($"--rows {parsed.GetValue(rows)} can't be: give how many rows are drawn, or 0 for all.");
            var named = (parsed.GetValue(table) ?? []).Select(Place.ParseNamed).ToList();
            // All is looked at before the first runs: what is wrong prints nothing.
            var frames = SqlText.Statements(await TextAsync(parsed.GetValue(query), parsed.GetValue(file), session.Cancellation)).Select(s => FrameOf(s, named)).ToList();
            if (frames.Count == 0) throw new UserErrorException("There is no query. Write one: millrace sql \"select * from 'orders.csv'\"; 'millrace sql --help' shows more.");
            if (frames.Count > 1 && work.KeepsRejects(parsed)) throw new UserErrorException($"--rejects is one file, and there are {frames.Count} queries. Run them one by one.");
            var runs = frames.Select(f => (Frame: f, Run: work.RunOf(parsed))).ToList();
            try
            {
                if (parsed.GetValue(explain)) session.Terminal.Line(string.Join("\n\n", frames.Select(f => f.Explain())));
                else if (session.IsJson || parsed.GetValue(csv)) await PrintAsync(session, runs, Keep);
                else await DrawAsync(session, runs, parsed.GetValue(rows), Keep);
            }
            finally
            {
                foreach (var (_, run) in runs) run.Rejects!.Dispose();
            }
            return ExitCode.Ok;

            Task Keep(RunContext run) => work.KeepRejectsAsync(parsed, run, session.Cancellation);
        }));
        return command;
    }

    static async Task<string> TextAsync(string? query, string? file, CancellationToken cancel)
    {
        if (file is not null)
            return query is null ? await File.ReadAllTextAsync(file, cancel) : throw new UserErrorException("The query stands on the command line and in --file. Give one of them.");
        if (query is not (null or "-")) return query;
        return Console.IsInputRedirected || query == "-" ? await Console.In.ReadToEndAsync(cancel) : "";
    }

    static Frame FrameOf(string statement, List<(string Name, Place Place)> named)
    {
        var (sql, files) = SqlFiles.Find(statement);
        return Frame.Sql(sql, [.. files.Select(f => (f.Name, Place.Parse(f.Location).Open())), .. named.Select(t => (t.Name, t.Place.Open()))]);
    }

    static async Task DrawAsync(Session session, List<(Frame Frame, RunContext Run)> runs, int rows, Func<RunContext, Task> keep)
    {
        for (var i = 0; i < runs.Count; i++)
        {
            var (frame, run) = runs[i];
            var drawn = await WorkScreen.ShowAsync(session, run, cancel => frame.DrawAsync(rows == 0 ? int.MaxValue - 1 : rows, session.Terminal.Width, run, cancel));
            if (i > 0) session.Terminal.Line();
            session.Terminal.Line(drawn);
            await keep(run);
        }
    }

    // One document of JSON whatever there is: several statements are a list of lists. Of CSV, a blank line parts them.
    static async Task PrintAsync(Session session, List<(Frame Frame, RunContext Run)> runs, Func<RunContext, Task> keep)
    {
        var isList = session.IsJson && runs.Count > 1;
        ProgressLine? line = null;
        // Rows and the line would write over each other where both go to the terminal.
        await using var output = RowOutput.Of(session.Terminal.Output, session.Terminal.IsInteractive ? () => line?.Dispose() : null);
        if (isList) output.Write("["u8);
        for (var i = 0; i < runs.Count; i++)
        {
            var (frame, run) = runs[i];
            using (line = session.Terminal.Watch(run))
            {
                if (i > 0) output.Write(isList ? ","u8 : "\n"u8);
                await (session.IsJson ? RowPrinter.JsonAsync(frame, run, output, session.Cancellation) : RowPrinter.CsvAsync(frame, run, output, session.Cancellation));
            }
            // Rows for programs are nothing but rows.
            if (run.Rejects is { Count: > 0 } rejected) await session.Terminal.Error.WriteLineAsync(rejected.ToString().AsMemory(), session.Cancellation);
            await keep(run);
        }
        if (session.IsJson) output.Write(isList ? "]\n"u8 : "\n"u8);
        output.Flush();
    }
}
