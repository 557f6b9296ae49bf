namespace Millrace.Cli.Bench;

/// <param name="Repeat">How often the measurement is taken; the median is the figure.</param>
/// <param name="Rows">Rows of the data benchmarks' files.</param>
/// <param name="Data">The folder of those files; what a benchmark writes goes to a temporary folder.</param>
/// <param name="Durability">When the broker acknowledges: disk or page-cache.</param>
/// <param name="Postgres">A server's connection string; empty for SQLite.</param>
sealed record BenchOptions(int Repeat, int? Tasks, int? Dags, int? Instances, int? Seeds, int? Rows, string? Data, string Durability, string Postgres)
{
    internal static double Median(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    internal static double Percentile(IReadOnlyCollection<double> figures, double share)
    {
        var sorted = figures.Order().ToArray();
        return sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];
    }
}
