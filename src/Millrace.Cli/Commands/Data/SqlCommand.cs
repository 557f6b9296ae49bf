using System.CommandLine;
using Millrace.Cli.DataWork;
using Millrace.Data;

namespace Millrace.Cli.Commands;

/// <summary>A query over whatever can be read: files, folders, archives, datasets and tables of databases.</summary>
static class SqlCommand
{
    internal const string Says = "Queries files, folders, datasets and connections with SQL.";

    internal static Command Create()
    {
        var query = new Argument<string>("query")
        {
            Description = "A SELECT in DuckDB's dialect. Where a table could stand, a quoted path can: select * from 'orders/*.csv'.",
        };
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
        var command = new Command("sql", Says) { query, table, rows, csv, explain };
        work.AddTo(command);
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var (sql, files) = SqlFiles.Find(parsed.GetRequiredValue(query));
            var tables = files.Select(f => (f.Name, Place.Parse(f.Location).Open()))
                .Concat((parsed.GetValue(table) ?? []).Select(Place.ParseNamed).Select(t => (t.Name, t.Place.Open())));
            var frame = Frame.Sql(sql, [.. tables]);
            if (parsed.GetValue(explain))
            {
                session.Terminal.Line(frame.Explain());
                return ExitCode.Ok;
            }
            var run = work.RunOf(parsed);
            var isDrawn = !session.IsJson && !parsed.GetValue(csv);
            var rest = session.IsJson ? RowPrinter.JsonAsync(frame, run, session.Terminal.Output, session.Cancellation)
                : isDrawn ? RowPrinter.TableAsync(frame, run, parsed.GetValue(rows), session.Terminal.Output, session.Cancellation)
                : RowPrinter.CsvAsync(frame, run, session.Terminal.Output, session.Cancellation);
            await rest;
            // A drawn table says it below its rows; rows for programs are nothing but rows.
            if (!isDrawn && run.Rejects is { Count: > 0 } rejected) await session.Terminal.Error.WriteLineAsync(rejected.ToString().AsMemory(), session.Cancellation);
            await work.KeepRejectsAsync(parsed, run, session.Cancellation);
            return ExitCode.Ok;
        }));
        return command;
    }
}
