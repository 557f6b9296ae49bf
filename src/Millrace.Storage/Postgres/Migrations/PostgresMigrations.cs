using Millrace.Storage.Sql;

namespace Millrace.Storage.Postgres.Migrations;

static class PostgresMigrations
{
    internal static IReadOnlyList<Migration> All { get; } =
    [
        new(1, "runs, dags, schedulers", First.Script),
    ];
}
