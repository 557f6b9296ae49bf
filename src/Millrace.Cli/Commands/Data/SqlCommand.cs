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
        var memory = new Option<string?>("--memory") { Description = "How much memory heavy steps may use before they spill to disk: 512MB, 2GB.", HelpName = "size" };
        var command = new Command("sql", Says) { query, table, rows, csv, explain, memory };
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
            var run = new RunContext { MemoryLimit = ByteSize.Parse("--memory", parsed.GetValue(memory)) };
            var rest = session.IsJson ? RowPrinter.JsonAsync(frame, run, session.Terminal.Output, session.Cancellation)
                : parsed.GetValue(csv) ? RowPrinter.CsvAsync(frame, run, session.Terminal.Output, session.Cancellation)
                : RowPrinter.TableAsync(frame, run, parsed.GetValue(rows), session.Terminal.Output, session.Cancellation);
            await rest;
            return ExitCode.Ok;
        }));
        return command;
    }
}
