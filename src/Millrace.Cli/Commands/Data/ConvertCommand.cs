using System.CommandLine;
using Millrace.Cli.DataWork;
using Millrace.Data;
using Millrace.Hosting.Settings;

namespace Millrace.Cli.Commands;

/// <summary>From one format to another: the formats are those of the names.</summary>
static class ConvertCommand
{
    internal const string Says = "Converts files and tables from one format to another.";

    internal static Command Create()
    {
        var from = new Argument<string>("in") { Description = $"What to read. {Place.Says}" };
        var to = new Argument<string>("out") { Description = "The file to write; the end of its name says the format: .csv, .tsv, .json, .jsonl, .parquet, .xlsx, each also .gz where the format packs nothing itself. With --partition-by a folder." };
        var partitionBy = new Option<string?>("--partition-by") { Description = "Write a folder of files, one folder below it for each value of these columns (year=2026/month=7), with commas between them.", HelpName = "columns" };
        var format = new Option<string?>("--format") { Description = "The format of the files in such a folder: parquet, csv, tsv, json, jsonl or xlsx; parquet without it.", HelpName = "format" };
        var work = new WorkOptions();
        var command = new Command("convert", Says) { from, to, partitionBy, format };
        work.AddTo(command);
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var frame = Place.Parse(parsed.GetRequiredValue(from)).Open();
            var sink = SinkOf(parsed.GetRequiredValue(to), parsed.GetValue(partitionBy), parsed.GetValue(format), frame);
            var run = work.RunOf(parsed);
            using var rejects = run.Rejects;
            var report = await WorkScreen.ShowAsync(session, run, cancel => frame.WriteAsync(sink, run, cancel));
            await work.KeepRejectsAsync(parsed, run, session.Cancellation);
            if (session.IsJson) session.Terminal.WriteJson(WorkView.Of(report), WorkJson.Default.WorkView);
            else session.Terminal.Line(report.ToString());
            return ExitCode.Ok;
        }));
        return command;
    }

    static ISink SinkOf(string path, string? partitionBy, string? format, Frame frame)
    {
        if (partitionBy is null)
            return format is null ? FileFormats.Sink(path) : throw new UserErrorException("--format is for the files of a folder, and without --partition-by one file is written. The end of its name says its format.");
        string[] columns = partitionBy.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (columns.FirstOrDefault(c => !frame.Schema.Contains(c)) is { } unknown)
            throw new UserErrorException($"--partition-by '{unknown}' is no column.{NearMiss.Question(unknown, frame.Schema.Names)} There are: {string.Join(", ", frame.Schema.Names)}.");
        if (FileFormats.Of(path) is not null)
            throw new UserErrorException($"'{path}' is named like a file, and with --partition-by a folder of files is written. Name a folder, and the format of its files by --format.");
        return new FolderSink(path, (FileSink)FileFormats.Sink($"part.{format ?? "parquet"}"), columns, maxFileRows: null, maxFileBytes: null, FolderWrite.Replace);
    }
}
