namespace Millrace.Storage.Postgres.Migrations;

static class First
{
    // Times are microseconds since 1970. A run and its instances are rewritten several times in their life; the
    // fill factors leave room on the page, so that PostgreSQL can do it without touching the indexes (HOT).
    internal const string Script = """
        create table dags (
            name              text primary key,
            version           text not null,
            paused            boolean not null,
            active            boolean not null,
            source            text not null,
            owner             text,
            description       text,
            tags              text not null,
            schedule          text not null,
            last_logical_time bigint,
            next_due          bigint,
            due_version       text,
            first_seen_at     bigint not null
        );

        create table dag_versions (
            dag        text not null,
            hash       text not null,
            number     integer not null,
            bundle     text not null,
            spec       text not null,
            created_at bigint not null,
            primary key (dag, hash)
        );

        create table dag_errors (
            source  text not null,
            line    integer not null,
            col     integer not null,
            kind    text not null,
            message text not null,
            at      bigint not null
        );

        create table runs (
            id               uuid primary key,
            dag              text not null,
            version          text not null,
            key              text not null,
            kind             text not null,
            state            text not null,
            logical_time     bigint not null,
            interval_start   bigint not null,
            interval_end     bigint not null,
            params           text not null,
            priority         integer not null,
            backfill         uuid,
            parent_run       uuid,
            parent_task      text,
            parent_map_index integer,
            queued_at        bigint not null,
            started_at       bigint,
            ended_at         bigint,
            deadline_missed  boolean not null,
            note             text,
            owner            uuid,
            revision         bigint not null
        ) with (fillfactor = 70);
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
            run_id            uuid not null,
            task              text not null,
            map_index         integer not null,
            state             text not null,
            attempt           integer not null,
            forgiven_attempts integer not null,
            lease             uuid,
            worker            text,
            due_at            bigint,
            first_look_at     bigint,
            scheduled_at      bigint,
            queued_at         bigint,
            started_at        bigint,
            ended_at          bigint,
            result_length     integer,
            child             uuid,
            reason            text,
            deadline_missed   boolean not null,
            primary key (run_id, task, map_index)
        ) with (fillfactor = 60);

        create table attempts (
            run_id     uuid not null,
            task       text not null,
            map_index  integer not null,
            number     integer not null,
            lease      uuid not null,
            state      text not null,
            worker     text,
            started_at bigint not null,
            ended_at   bigint,
            exit_code  integer,
            error      text,
            primary key (run_id, task, map_index, number)
        ) with (fillfactor = 80);

        -- In the order they happened: by the run's revision, and within one commit by their place in it.
        create table transitions (
            run_id     uuid not null,
            revision   bigint not null,
            place      integer not null,
            task       text not null,
            map_index  integer not null,
            attempt    integer not null,
            from_state text not null,
            to_state   text not null,
            at         bigint not null,
            reason     text,
            primary key (run_id, revision, place)
        );

        create table results (
            run_id    uuid not null,
            task      text not null,
            map_index integer not null,
            attempt   integer not null,
            json      bytea,
            file      text,
            size      bigint not null,
            length    integer,
            type      text not null,
            primary key (run_id, task, map_index)
        );

        create table callbacks (
            id        uuid primary key,
            run_id    uuid not null,
            task      text not null,
            map_index integer not null,
            attempt   integer not null,
            kind      text not null,
            reason    text,
            owner     uuid
        );
        create index callbacks_by_run on callbacks (run_id);

        create table pools (
            name        text primary key,
            slots       integer not null,
            description text
        );
        insert into pools (name, slots, description) values ('default', 128, 'For tasks that name no other pool');

        create table variables (
            key         text primary key,
            value       text not null,
            description text
        );

        -- updates counts an asset's events: what a consumer has seen is a number, not a time.
        create table assets (
            name        text primary key,
            updates     bigint not null,
            last_update bigint
        );

        create table asset_events (
            id        uuid primary key,
            asset     text not null,
            run_id    uuid,
            task      text,
            map_index integer,
            dag       text,
            at        bigint not null
        );
        create index asset_events_by_asset on asset_events (asset, at);

        create table asset_seen (
            dag     text not null,
            asset   text not null,
            updates bigint not null,
            primary key (dag, asset)
        );

        create table dag_assets (
            dag   text not null,
            asset text not null,
            role  text not null,
            primary key (dag, asset, role)
        );

        create table backfills (
            id           uuid primary key,
            dag          text not null,
            from_time    bigint not null,
            to_time      bigint not null,
            reprocess    text not null,
            max_active   integer not null,
            newest_first boolean not null,
            params       text not null,
            state        text not null,
            cursor_time  bigint,
            owner        uuid,
            created_at   bigint not null
        );

        create table schedulers (
            id          uuid primary key,
            host        text not null,
            process_id  integer not null,
            started_at  bigint not null,
            lease_until bigint not null
        );

        create table shares (
            key       text not null,
            scheduler uuid not null,
            held      integer not null,
            want      integer not null,
            primary key (key, scheduler)
        );
        create index shares_by_scheduler on shares (scheduler);

        -- The first statement of a scheduler's commit: ends the transaction if its lease is gone, and else keeps the
        -- row, so that no eviction comes between this check and the end of the commit.
        create function millrace_require_lease(scheduler uuid) returns void language plpgsql as $$
        begin
            perform 1 from schedulers s where s.id = scheduler for key share;
            if not found then
                raise exception 'the lease is lost' using errcode = 'MR001';
            end if;
        end
        $$;
        """;
}
