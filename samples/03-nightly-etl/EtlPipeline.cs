using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Millrace.Dags;

namespace Millrace.Samples;

/// <summary>Every night: extract two tables, average the scores, load the averages. One task each, so that each is retried by itself.</summary>
public static class EtlPipeline
{
    public sealed record Student(int Id, string Name);

    public sealed record Score(int Student, string Course, double? Points);

    public sealed record Average(string Student, double Points, long Courses);

    public static Dag Dag { get; } = Dag.Build("etl_ipeline", d =>
    {
        d.Description = "Loads the average score of every student.";
        d.Schedule = "0 0 * * *";
        d.Defaults = new() { Retry = Retry.Exponential(3, TimeSpan.FromSeconds(30)), Timeout = TimeSpan.FromMinutes(10) };
        var folder = Path.Combine(Path.GetTempPath(), "millrace-samples");
        var source = d.Param("source", Path.Combine(folder, "school.db"), description: "The database with the tables students and scores: a SQLite file, or a PostgreSQL connection string.");
        var database = d.Param("database", Path.Combine(folder, "averages.db"), description: "The database to load into, likewise.");

        var tables = d.Task("create_tables", c => CreateTablesAsync(c.Get(source), c.Cancellation));
        var students = d.Task("extract_table1_to_df", c => Frame.From(Students(c.Get(source))).As<Student>());
        var scores = d.Task("extract_table2_to_df", c => Frame.From(Scores(c.Get(source))).As<Score>());
        var averages = d.Task("transform_avg_score", students, scores, TransformAvgScore);
        d.Task("load_df_to_db", averages, (context, rows) => LoadDfToDb(context, rows, context.Get(database)));

        _ = tables >> (students, scores);
    });

    public static Frame<Average> TransformAvgScore(Frame<Student> students, Frame<Score> scores) => scores
        // A course without a score is not a zero.
        .Where(score => score.Points != null)
        .Join(students, score => score.Student, student => student.Id, (score, student) => new { student.Id, student.Name, Points = score.Points!.Value })
        .GroupBy(row => new { row.Id, row.Name })
        .Select(g => new { g.Key.Id, g.Key.Name, Points = Math.Round(g.Average(row => row.Points), 2), Courses = g.Count() })
        .OrderBy(row => row.Id)
        .Select(row => new Average(row.Name, row.Points, row.Courses));

    // Known rows of the day are changed, never doubled: a task may run more than once, what it leaves behind must not show it.
    static async Task LoadDfToDb(TaskContext context, Frame<Average> rows, string database)
    {
        var day = DateOnly.FromDateTime(context.LogicalTime.UtcDateTime);
        var loaded = await rows.Select(row => new { Day = day, row.Student, row.Points, row.Courses }).LoadAsync(Averages(database), Load.Upsert, cancel: context.Cancellation);
        context.Logger.LogInformation("Loaded {Count} averages for {Day:yyyy-MM-dd} into {Database}", loaded.RowsIn, day, database);
    }

    // The sample brings its tables along. Rows that are there stay as they are.
    static async Task CreateTablesAsync(string source, CancellationToken cancel)
    {
        await Csv.Read<Student>(Path.Combine(Here(), "students.csv")).LoadAsync(Students(source), Load.InsertOnly, cancel: cancel);
        await Csv.Read<Score>(Path.Combine(Here(), "scores.csv")).LoadAsync(Scores(source), Load.InsertOnly, cancel: cancel);
    }

    public static TableTarget Students(string database) => Database.Table(database, "students", key: ["id"]);

    public static TableTarget Scores(string database) => Database.Table(database, "scores", key: ["student", "course"]);

    public static TableTarget Averages(string database) => Database.Table(database, "averages", key: ["day", "student"]);

    static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
