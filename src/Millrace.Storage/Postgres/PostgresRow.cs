using Millrace.Storage.Sql;

using Npgsql;

namespace Millrace.Storage.Postgres;

sealed class PostgresRow(NpgsqlDataReader reader) : IRow
{
    public bool IsNull(int column) => reader.IsDBNull(column);
    public long Long(int column) => reader.GetInt64(column);
    public bool Bool(int column) => reader.GetBoolean(column);
    public string Text(int column) => reader.GetString(column);
    public Guid Guid(int column) => reader.GetGuid(column);
    public byte[] Bytes(int column) => reader.GetFieldValue<byte[]>(column);
}
