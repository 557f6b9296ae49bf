using System.Security.Cryptography;
using System.Text;
using Millrace.Plans;

namespace Millrace.Data;

static class RowHash
{
    /// <summary>128 bits of the row's content, provenance apart: the same for the same values, in every process.</summary>
    internal static UInt128 Of(Batch batch, int row) => Of(batch, row, [.. Enumerable.Range(0, batch.Columns.Length).Where(i => !Provenance.Is(batch.Schema[i].Name))]);

    /// <summary>The same of some columns.</summary>
    internal static UInt128 Of(Batch batch, int row, ReadOnlySpan<int> columns)
    {
        var text = new StringBuilder();
        foreach (var i in columns)
        {
            var value = batch[i].ValueAt(row);
            // Length before content: "ab", "c" and "a", "bc" are different rows; so are null and "null".
            var shown = value is null ? null : batch[i].Type.IsNested ? Encoding.UTF8.GetString(ValueJson.Utf8(value)) : ClrValue.Display(value);
            text.Append(shown?.Length ?? -1).Append(':').Append(shown);
        }
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()));
        return new UInt128(BitConverter.ToUInt64(hash, 0), BitConverter.ToUInt64(hash, 8));
    }
}
