namespace Millrace.Storage.Sqlite;

sealed partial class SqliteStore
{
    // About 16 MB of log. Folding it back into the file takes tens of milliseconds of disk, and SQLite would let the commit
    // that fills the log wait for that; so another thread does it before. If it falls behind, SQLite's own limit
    // (wal_autocheckpoint) still keeps the log from growing for ever.
    const int ChangesPerCheckpoint = 20_000;

    Task checkpoint = Task.CompletedTask;
    int changesAtCheckpoint;

    void CheckpointIfDue(Connection connection)
    {
        if (inMemory || connection.TotalChanges - changesAtCheckpoint < ChangesPerCheckpoint || !checkpoint.IsCompleted)
            return;
        changesAtCheckpoint = connection.TotalChanges;
        checkpoint = Task.Run(Checkpoint);
    }

    void Checkpoint()
    {
        try
        {
            using var connection = new Connection(path, readOnly: false);
            // Passive: copies what it can and keeps nobody waiting.
            connection.Execute("pragma wal_checkpoint(passive)");
        }
        catch (StoreException)
        {
            // A full disk, say. The next commit meets it too, and is where somebody can be told.
        }
    }
}
