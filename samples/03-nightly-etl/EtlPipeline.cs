using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Millrace.Dags;

namespace Millrace.Samples;

/// <summary>Every night: extract two tables, average the scores, load the averages. One task each, so that each is retried by itself.</summary>
public static class EtlPipeline
{
    public sealed record Student(int Id, string Name);

    public sealed record Score(int Student, string Course, double? Points);

    public sealed record Average(string Student, double Points, int Courses);

    public static Dag Dag { get; } = Dag.Build("etl_ipeline", d =>
    {
        d.Description = "Loads the average score of every student.";
        d.Schedule = "0 0 * * *";
        d.Defaults = new() { Retry = Retry.Exponential(3, TimeSpan.FromSeconds(30)), Timeout = TimeSpan.FromMinutes(10) };
        var database = d.Param("database", Path.Combine(Path.GetTempPath(), "millrace-samples", "averages.csv"), description: "The table to load into.");

        var students = d.Task("extract_table1_to_df", () => Rows("students.csv").Select(row => new Student(Number(row[0]), row[1])).ToArray());
        var scores = d.Task("extract_table2_to_df", () => Rows("scores.csv").Select(row => new Score(Number(row[0]), row[1], Points(row[2]))).ToArray());
        var averages = d.Task("transform_avg_score", students, scores, TransformAvgScore);
        d.Task("load_df_to_db", averages, (context, rows) => LoadDfToDb(context, rows, context.Get(database)));
    });

    public static Average[] TransformAvgScore(Student[] students, Score[] scores) =>
    [
        .. from student in students
           // A course without a score is not a zero.
           let points = scores.Where(score => score.Student == student.Id).Select(score => score.Points).OfType<double>().ToArray()
           where points.Length > 0
           orderby student.Id
           select new Average(student.Name, Math.Round(points.Average(), 2), points.Length),
    ];

    // Replaces what an earlier try or run has loaded for the same day, and replaces the file in one step:
    // a task may run more than once, what it leaves behind must not show it.
    static async Task LoadDfToDb(TaskContext context, Average[] rows, string database)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(database)!);
        var day = context.LogicalTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var others = File.Exists(database) ? (await File.ReadAllLinesAsync(database, context.Cancellation)).Skip(1).Where(line => !line.StartsWith(day + ",", StringComparison.Ordinal)) : [];
        var own = rows.Select(row => string.Create(CultureInfo.InvariantCulture, $"{day},{row.Student},{row.Points},{row.Courses}"));
        var temporary = database + "." + context.Attempt;
        await File.WriteAllLinesAsync(temporary, ["day,student,average,courses", .. others, .. own], context.Cancellation);
        File.Move(temporary, database, overwrite: true);
        context.Logger.LogInformation("Loaded {Count} averages for {Day} into {Database}", rows.Length, day, database);
    }

    static IEnumerable<string[]> Rows(string table) => File.ReadLines(Path.Combine(Here(), table)).Skip(1).Select(line => line.Split(','));

    static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    static double? Points(string text) => text.Length == 0 ? null : double.Parse(text, CultureInfo.InvariantCulture);

    static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
