namespace Millrace.Storage.Postgres.Migrations;

static class RecordsOfTopics
{
    internal const string Script = """
        alter table dags add column topics text not null default '[]';
        alter table runs add column records text;

        -- How far a watch has come: what lies before next_offset has its run.
        create table record_places (
            watch       text not null,
            topic       text not null,
            partition   bigint not null,
            topic_id    uuid not null,
            next_offset bigint not null,
            primary key (watch, topic, partition)
        );
        """;
}
