using Millrace.Storage.Sql;

namespace Millrace.Storage.Postgres.Migrations;

static class PostgresMigrations
{
    internal static IReadOnlyList<Migration> All { get; } =
    [
        new(1, "runs, dags, schedulers", First.Script),
        new(2, "records of topics", RecordsOfTopics.Script),
    ];
}
