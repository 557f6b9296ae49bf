namespace Millrace.Storage.Sqlite.Migrations;

static class RecordsOfTopics
{
    internal const string Script = """
        alter table dags add column topics text not null default '[]';
        alter table runs add column records text;

        -- How far a watch has come: what lies before next_offset has its run.
        create table record_places (
            watch       text not null,
            topic       text not null,
            partition   integer not null,
            topic_id    blob not null,
            next_offset integer not null,
            primary key (watch, topic, partition)
        ) without rowid;
        """;
}
