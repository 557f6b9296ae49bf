namespace Millrace.Storage.Sqlite.Migrations;

static class First
{
    // Ids are 16 bytes, times are microseconds since 1970. Rows of a run are stored side by side, in the order of
    // their keys (without rowid), and run ids grow with time: what is being written sits together at the end.
    internal const string Script = """
        create table dags (
            name              text primary key,
            version           text not null,
            paused            integer not null,
            active            integer not null,
            source            text not null,
            owner             text,
            description       text,
            tags              text not null,
            schedule          text not null,
            last_logical_time integer,
            next_due          integer,
            due_version       text,
            first_seen_at     integer not null
        ) without rowid;

        create table dag_versions (
            dag        text not null,
            hash       text not null,
            number     integer not null,
            bundle     text not null,
            spec       text not null,
            created_at integer not null,
            primary key (dag, hash)
        );

        create table dag_errors (
            source  text not null,
            line    integer not null,
            col     integer not null,
            kind    text not null,
            message text not null,
            at      integer not null
        );

        create table runs (
            id               blob primary key,
            dag              text not null,
            version          text not null,
            key              text not null,
            kind             text not null,
            state            text not null,
            logical_time     integer not null,
            interval_start   integer not null,
            interval_end     integer not null,
            params           text not null,
            priority         integer not null,
            backfill         blob,
            parent_run       blob,
            parent_task      text,
            parent_map_index integer,
            queued_at        integer not null,
            started_at       integer,
            ended_at         integer,
            deadline_missed  integer not null,
            note             text,
            owner            blob,
            revision         integer not null
        ) without rowid;
        create unique index runs_by_key on runs (dag, key);
        create index runs_by_dag on runs (dag, logical_time);
        create index runs_by_time on runs (logical_time);
        create index runs_by_backfill on runs (backfill, logical_time) where backfill is not null;
        -- Only unfinished runs: these stay small however long the history grows.
        create index runs_open on runs (logical_time) where state in ('queued', 'running');
        create index runs_open_by_dag on runs (dag, logical_time) where state in ('queued', 'running');
        create index runs_free on runs (priority desc, queued_at, logical_time) where owner is null and state in ('queued', 'running');
        create index runs_owned on runs (owner) where owner is not null;
        create index runs_failed on runs (logical_time) where state = 'failed';

        create table task_instances (
            run_id            blob not null,
            task              text not null,
            map_index         integer not null,
            state             text not null,
            attempt           integer not null,
            forgiven_attempts integer not null,
            lease             blob,
            worker            text,
            due_at            integer,
            first_look_at     integer,
            scheduled_at      integer,
            queued_at         integer,
            started_at        integer,
            ended_at          integer,
            result_length     integer,
            child             blob,
            reason            text,
            deadline_missed   integer not null,
            primary key (run_id, task, map_index)
        ) without rowid;

        create table attempts (
            run_id     blob not null,
            task       text not null,
            map_index  integer not null,
            number     integer not null,
            lease      blob not null,
            state      text not null,
            worker     text,
            started_at integer not null,
            ended_at   integer,
            exit_code  integer,
            error      text,
            primary key (run_id, task, map_index, number)
        ) without rowid;

        -- In the order they happened: by the run's revision, and within one commit by their place in it.
        create table transitions (
            run_id     blob not null,
            revision   integer not null,
            place      integer not null,
            task       text not null,
            map_index  integer not null,
            attempt    integer not null,
            from_state text not null,
            to_state   text not null,
            at         integer not null,
            reason     text,
            primary key (run_id, revision, place)
        ) without rowid;

        create table results (
            run_id    blob not null,
            task      text not null,
            map_index integer not null,
            attempt   integer not null,
            json      blob,
            file      text,
            size      integer not null,
            length    integer,
            type      text not null,
            primary key (run_id, task, map_index)
        ) without rowid;

        create table callbacks (
            id        blob primary key,
            run_id    blob not null,
            task      text not null,
            map_index integer not null,
            attempt   integer not null,
            kind      text not null,
            reason    text,
            owner     blob
        ) without rowid;
        create index callbacks_by_run on callbacks (run_id);

        create table pools (
            name        text primary key,
            slots       integer not null,
            description text
        ) without rowid;
        insert into pools (name, slots, description) values ('default', 128, 'For tasks that name no other pool');

        create table variables (
            key         text primary key,
            value       text not null,
            description text
        ) without rowid;

        -- updates counts an asset's events: what a consumer has seen is a number, not a time.
        create table assets (
            name        text primary key,
            updates     integer not null,
            last_update integer
        ) without rowid;

        create table asset_events (
            id        blob primary key,
            asset     text not null,
            run_id    blob,
            task      text,
            map_index integer,
            dag       text,
            at        integer not null
        ) without rowid;
        create index asset_events_by_asset on asset_events (asset, at);

        create table asset_seen (
            dag     text not null,
            asset   text not null,
            updates integer not null,
            primary key (dag, asset)
        ) without rowid;

        create table dag_assets (
            dag   text not null,
            asset text not null,
            role  text not null,
            primary key (dag, asset, role)
        ) without rowid;

        create table backfills (
            id           blob primary key,
            dag          text not null,
            from_time    integer not null,
            to_time      integer not null,
            reprocess    text not null,
            max_active   integer not null,
            newest_first integer not null,
            params       text not null,
            state        text not null,
            cursor_time  integer,
            owner        blob,
            created_at   integer not null
        ) without rowid;

        create table schedulers (
            id          blob primary key,
            host        text not null,
            process_id  integer not null,
            started_at  integer not null,
            lease_until integer not null
        ) without rowid;

        create table shares (
            key       text not null,
            scheduler blob not null,
            held      integer not null,
            want      integer not null,
            primary key (key, scheduler)
        ) without rowid;
        create index shares_by_scheduler on shares (scheduler);
        """;
}
