using System.Text;

using Millrace.Metadata;
using Millrace.Storage.Sql;

using SQLitePCL;

namespace Millrace.Storage.Sqlite;

/// <summary>A prepared statement and, while it is being stepped, its current row.</summary>
sealed class Statement : IRow, IDisposable
{
    const int ShortText = 256;

    readonly Connection connection;
    readonly sqlite3_stmt handle;
    readonly string sql;
    // SQLite numbers $1, $2 ... in the order they appear, not by their names.
    readonly int[] positions;

    internal Statement(Connection connection, sqlite3_stmt handle, string sql)
    {
        this.connection = connection;
        this.handle = handle;
        this.sql = sql;
        positions = [0, .. Enumerable.Range(1, raw.sqlite3_bind_parameter_count(handle)).Select(n => raw.sqlite3_bind_parameter_index(handle, $"${n}"))];
    }

    internal void Bind(int parameter, long value) => Check(raw.sqlite3_bind_int64(handle, positions[parameter], value));

    internal void Bind(int parameter, bool value) => Bind(parameter, value ? 1L : 0L);

    internal void Bind(int parameter, long? value)
    {
        if (value is { } given) Bind(parameter, given);
        else BindNull(parameter);
    }

    internal void Bind(int parameter, DateTimeOffset value) => Bind(parameter, value.ToMicros());

    internal void Bind(int parameter, DateTimeOffset? value) => Bind(parameter, value.ToMicros());

    internal void Bind(int parameter, Guid value)
    {
        // Big endian: ids of version 7 then sort by their time, and new rows go to the end of the tree.
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        Check(raw.sqlite3_bind_blob(handle, positions[parameter], bytes));
    }

    internal void Bind(int parameter, Guid? value)
    {
        if (value is { } given) Bind(parameter, given);
        else BindNull(parameter);
    }

    internal void Bind(int parameter, string? value)
    {
        value = value.Storable();
        if (value is null)
        {
            BindNull(parameter);
        }
        else if (value.Length == 0)
        {
            // An empty span has no address, and SQLite takes no address for null.
            Check(raw.sqlite3_bind_text(handle, positions[parameter], ""));
        }
        else if (value.Length <= ShortText)
        {
            Span<byte> bytes = stackalloc byte[ShortText * 3];
            Check(raw.sqlite3_bind_text(handle, positions[parameter], bytes[..Encoding.UTF8.GetBytes(value, bytes)]));
        }
        else
        {
            Check(raw.sqlite3_bind_text(handle, positions[parameter], Encoding.UTF8.GetBytes(value)));
        }
    }

    internal void Bind(int parameter, byte[]? value)
    {
        if (value is null) BindNull(parameter);
        else if (value.Length == 0) Check(raw.sqlite3_bind_zeroblob(handle, positions[parameter], 0));
        else Check(raw.sqlite3_bind_blob(handle, positions[parameter], value));
    }

    internal void BindNull(int parameter) => Check(raw.sqlite3_bind_null(handle, positions[parameter]));

    /// <returns>Whether there is a row.</returns>
    internal bool Step()
    {
        var code = raw.sqlite3_step(handle);
        // Only the first step of a transaction finds the file locked, before it has read anything: it can be taken again.
        if ((code & 0xff) == raw.SQLITE_BUSY)
            code = Connection.Patiently(StepAgain);
        if (code == raw.SQLITE_ROW)
            return true;
        if (code == raw.SQLITE_DONE)
            return false;
        // Read before the reset, which forgets it.
        var failure = connection.Failure(code, sql);
        Reset();
        throw failure;
    }

    int StepAgain()
    {
        Reset();
        return raw.sqlite3_step(handle);
    }

    /// <summary>Ready to be bound and run again.</summary>
    internal void Reset() => raw.sqlite3_reset(handle);

    /// <returns>The number of rows touched.</returns>
    internal int Run()
    {
        Step();
        Reset();
        return connection.Changes;
    }

    public bool IsNull(int column) => raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL;
    public long Long(int column) => raw.sqlite3_column_int64(handle, column);
    public bool Bool(int column) => Long(column) != 0;
    public string Text(int column) => raw.sqlite3_column_text(handle, column).utf8_to_string();
    public Guid Guid(int column) => new(raw.sqlite3_column_blob(handle, column), bigEndian: true);
    public byte[] Bytes(int column) => raw.sqlite3_column_blob(handle, column).ToArray();

    public void Dispose() => handle.Dispose();

    void Check(int code)
    {
        if (code != raw.SQLITE_OK)
            throw connection.Failure(code, sql);
    }
}
