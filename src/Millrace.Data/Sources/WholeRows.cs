using System.Runtime.CompilerServices;

namespace Millrace.Data;

/// <summary>
/// Reads for sources that may refuse rows: which rows are refused must not depend on the columns somebody asks for, or a
/// count and a list of the same file would differ.
/// </summary>
static class WholeRows
{
    /// <param name="read">The source's read of just the columns of a request.</param>
    internal static async IAsyncEnumerable<Batch> ReadAsync(
        Schema source, ReadRequest request, Func<ReadRequest, CancellationToken, IAsyncEnumerable<Batch>> read, [EnumeratorCancellation] CancellationToken cancel)
    {
        var given = request.SchemaOf(source);
        var unasked = source.Where(f => !given.Contains(f.Name) && MayRefuse(f, request.Bad)).Select(f => f.Name).ToList();
        if (unasked.Count == 0)
        {
            await foreach (var batch in read(request, cancel).ConfigureAwait(false)) yield return batch;
            yield break;
        }
        var whole = request with { Columns = [.. request.Columns!, .. unasked] };
        var wholeSchema = whole.SchemaOf(source);
        var places = given.Select(f => wholeSchema.IndexOf(f.Name)).ToArray();
        await foreach (var batch in read(whole, cancel).ConfigureAwait(false))
            yield return new Batch(given, batch.Count, places.Select(p => batch[p]).ToArray(), batch.Memory);
    }

    // Any bytes do for text that may be null.
    static bool MayRefuse(Field column, Bad bad) => bad switch
    {
        Bad.Fail => false,
        Bad.Null => !column.Nullable,
        _ => column is not { Type.Kind: TypeKind.Text, Nullable: true },
    };
}
