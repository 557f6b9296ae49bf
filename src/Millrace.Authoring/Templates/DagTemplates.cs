namespace Millrace.Authoring.Templates;

/// <summary>A first DAG file to change and to learn from.</summary>
static class DagTemplates
{
    public static string FileOf(string folder, string dag) => Path.Combine(folder, dag + ".cs");

    /// <summary>Makes the file, and what its folder lacks for editors.</summary>
    /// <returns>The paths of the files made, the DAG's first.</returns>
    /// <exception cref="IOException">The file exists already; it is left as it is.</exception>
    public static async Task<IReadOnlyList<string>> WriteAsync(string folder, string dag, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        var path = FileOf(folder, dag);
        var file = new StreamWriter(new FileStream(path, FileMode.CreateNew, FileAccess.Write));
        await using (file.ConfigureAwait(false)) await file.WriteAsync(Source(dag).AsMemory(), cancellation).ConfigureAwait(false);
        return [path, .. EditorProject.Create(folder)];
    }

    public static string Source(string dag) => $$"""
        // A Dag: tasks, the order they run in, and when. Save the file and 'millrace up' has it within a second;
        // 'millrace dags test {{dag}}' runs it once, here and now. Delete what you don't need.

        public static class {{ClassName(dag)}}
        {
            // Millrace finds it by its type: every static property or field that is a Dag, or a list of Dags.
            public static Dag It => Dag.Build("{{dag}}", d =>
            {
                d.Description = "Adds up the day's numbers.";
                d.Schedule = "@daily";                                       // or "0 2 * * *", Schedule.Every(...), or nothing: when triggered
                d.Defaults = new() { Retry = Retry.Fixed(2, TimeSpan.FromSeconds(10)) };

                // This runs when the file is read, so it only declares. The functions run later, each in its own attempt.
                var hello = d.Shell("hello", "echo \"Hello from the shell\"");
                var extract = d.Task("extract", () => new[] { 3, 1, 2 });

                // A task that names another as its input gets that one's result, and waits for it.
                var sum = d.Task("sum", extract, numbers => numbers.Sum());
                d.Task("report", sum, (context, total) =>
                    context.Logger.LogInformation("The sum for {Day:yyyy-MM-dd} is {Total}.", context.LogicalTime, total));

                // An order without data.
                _ = hello >> extract;
            });
        }

        """;

    static string ClassName(string dag)
    {
        var name = string.Concat(dag.Split('_', '-', '.').Where(word => word.Length > 0).Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
        return char.IsAsciiDigit(name.FirstOrDefault('0')) ? "Dag" + name : name + "Dag";
    }
}
