namespace Millrace.Cli;

/// <summary>What people type who come from Airflow, and what does it here.</summary>
static class AirflowSpellings
{
    internal static readonly (string Old, string Answer)[] All =
    [
        ("db init", "'db init' is done by itself on the first 'millrace up'; to only make the tables: millrace db migrate"),
        ("db upgrade", "Type: millrace db migrate ('millrace up' does it by itself)"),
        ("db reset", "Millrace deletes no history at once. Remove the home folder (millrace config show names it), or: millrace db clean --before DATE"),
        ("initdb", "'initdb' is done by itself on the first 'millrace up'; to only make the tables: millrace db migrate"),
        ("upgradedb", "Type: millrace db migrate"),
        ("resetdb", "Millrace deletes no history at once. Type: millrace db clean --before DATE"),
        ("standalone", "Type: millrace up"),
        ("webserver", "There is no separate web server to start. Type: millrace up"),
        ("triggerer", "There is no triggerer to start: waiting sensors hold no worker. Type: millrace up"),
        ("dag-processor", "There is no DAG processor to start. Type: millrace up"),
        ("celery worker", "Type: millrace up (starts workers, as many as --workers-max allows)"),
        ("users create", "There are no users to create: who can read the home folder can use Millrace. Type: millrace up"),
        ("users list", "There are no users: who can read the home folder can use Millrace."),
        ("connections add", "A connection is a variable here. Type: millrace variables set NAME VALUE"),
        ("connections list", "A connection is a variable here. Type: millrace variables list"),
        ("dags list-runs", "Type: millrace runs list DAG"),
        ("dags list-import-errors", "Type: millrace dags errors"),
        ("dags report", "Type: millrace dags list"),
        ("dags reserialize", "DAG files are read again when they are saved. To see what is wrong with one: millrace dags errors"),
        ("dags state", "Type: millrace runs show DAG KEY"),
        ("dags next-execution", "Type: millrace dags next DAG"),
        ("dags details", "Type: millrace dags show DAG"),
        ("dags clear", "Type: millrace runs clear DAG KEY"),
        ("dags delete", "Remove the DAG's file from the DAG folder; its history stays until: millrace db clean --before DATE"),
        ("tasks run", "Only the scheduler runs the tasks of a run. To run one task here and now: millrace tasks test DAG TASK"),
        ("tasks state", "Type: millrace tasks list DAG KEY"),
        ("tasks states-for-dag-run", "Type: millrace tasks list DAG KEY"),
        ("tasks failed-deps", "Type: millrace tasks list DAG KEY (its last column says what a task waits for)"),
        ("tasks render", "Type: millrace tasks test DAG TASK"),
        ("variables import", "Type: millrace variables set KEY VALUE, once for each"),
        ("variables export", "Type: millrace variables list --json"),
        ("list_dags", "Type: millrace dags list"),
        ("list_tasks", "Type: millrace dags show DAG"),
        ("list_dag_runs", "Type: millrace runs list DAG"),
        ("trigger_dag", "Type: millrace dags trigger DAG"),
        ("pause", "Type: millrace dags pause DAG"),
        ("unpause", "Type: millrace dags unpause DAG"),
        ("backfill", "Type: millrace dags backfill DAG --from DATE --to DATE"),
        ("test", "Type: millrace tasks test DAG TASK, or for all of a DAG: millrace dags test DAG"),
        ("run", "Type: millrace dags trigger DAG, or to run it here without a scheduler: millrace dags test DAG"),
        ("clear", "Type: millrace runs clear DAG KEY"),
        ("variables -g", "Type: millrace variables get KEY"),
        ("variables -s", "Type: millrace variables set KEY VALUE"),
        ("info", "Type: millrace config show"),
        ("version", "Type: millrace --version"),
        ("config list", "Type: millrace config show"),
        ("config get-value", "Type: millrace config show"),
    ];

    /// <summary>Null when the arguments are none of Airflow's.</summary>
    internal static string? Answer(IReadOnlyList<string> args)
    {
        foreach (var (old, answer) in All)
        {
            var words = old.Split(' ');
            if (args.Take(words.Length).SequenceEqual(words))
                return $"That is Airflow's spelling. {answer}";
        }
        return null;
    }
}
