using Millrace.Metadata;

namespace Millrace.Storage.Sqlite;

sealed partial class SqliteStore
{
    static async Task<NewRunOutcome> CreateAsync(SqliteSession session, NewRun created)
    {
        // The cursor first: it moves even if the run is there already, or the same instant would come up for ever.
        if (created.Cursor is { } move && !Move(session.Connection, move))
            return NewRunOutcome.CursorMoved;
        return await InsertRunAsync(session, created.Run).ConfigureAwait(false) > 0 ? NewRunOutcome.Created : NewRunOutcome.Exists;
    }

    static bool Move(Connection connection, CursorMove move)
    {
        if (move.Backfill is { } backfill)
        {
            // A backfill that was paused or cancelled meanwhile creates nothing more.
            var statement = connection.Prepare("update backfills set cursor_time = $2 where id = $1 and cursor_time is $3 and state = 'running'");
            statement.Bind(1, backfill.Value);
            statement.Bind(2, move.LastLogicalTime);
            statement.Bind(3, move.ExpectedNextDue);
            return statement.Run() > 0;
        }
        else
        {
            var statement = connection.Prepare("update dags set next_due = $2, last_logical_time = $3 where name = $1 and next_due is $4");
            statement.Bind(1, move.Dag);
            statement.Bind(2, move.NextDue);
            statement.Bind(3, move.LastLogicalTime);
            statement.Bind(4, move.ExpectedNextDue);
            return statement.Run() > 0;
        }
    }
}
