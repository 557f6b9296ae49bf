namespace Millrace.Storage.Sql;

/// <summary>The current row of a query, in either dialect. Columns count from 0.</summary>
interface IRow
{
    bool IsNull(int column);
    long Long(int column);
    bool Bool(int column);
    string Text(int column);
    Guid Guid(int column);
    byte[] Bytes(int column);
}
