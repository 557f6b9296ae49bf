using System.CommandLine;
using Millrace.Cli.DataWork;
using Millrace.Data;

namespace Millrace.Cli.Commands;

/// <summary>From one format to another: the formats are those of the names.</summary>
static class ConvertCommand
{
    internal const string Says = "Converts files and tables from one format to another.";

    internal static Command Create()
    {
        var from = new Argument<string>("in") { Description = $"What to read. {Place.Says}" };
        var to = new Argument<string>("out") { Description = "The file to write; the end of its name says the format: .csv, .tsv, .json, .jsonl, .parquet, .xlsx, each also .gz where the format packs nothing itself." };
        var work = new WorkOptions();
        var command = new Command("convert", Says) { from, to };
        work.AddTo(command);
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var frame = Place.Parse(parsed.GetRequiredValue(from)).Open();
            var sink = FileFormats.Sink(parsed.GetRequiredValue(to));
            var run = work.RunOf(parsed);
            var report = await WorkScreen.ShowAsync(session, run, frame, (f, cancel) => f.WriteAsync(sink, run, cancel));
            await work.KeepRejectsAsync(parsed, run, session.Cancellation);
            if (session.IsJson) session.Terminal.WriteJson(WorkView.Of(report), WorkJson.Default.WorkView);
            else session.Terminal.Line(report.ToString());
            return ExitCode.Ok;
        }));
        return command;
    }
}
