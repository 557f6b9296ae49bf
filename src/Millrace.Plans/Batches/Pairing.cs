using System.Runtime.CompilerServices;

namespace Millrace.Plans;

/// <summary>
/// The positional join: two streams side by side, first row with first, whatever the sizes of their batches. Nothing is
/// copied; where one side ends early its columns are null from there on.
/// </summary>
static class Pairing
{
    internal static async IAsyncEnumerable<Batch> PairAsync(
        IAsyncEnumerable<Batch> left, IAsyncEnumerable<Batch> right, Join join, [EnumeratorCancellation] CancellationToken cancel)
    {
        var schema = join.Schema;
        var (a, b) = (new Side(left, join.Left.Schema, cancel), new Side(right, join.Right.Schema, cancel));
        await using var leftEnd = a.ConfigureAwait(false);
        await using var rightEnd = b.ConfigureAwait(false);
        while (true)
        {
            var (hasLeft, hasRight) = (await a.FillAsync().ConfigureAwait(false), await b.FillAsync().ConfigureAwait(false));
            if (!hasLeft && !hasRight) yield break;
            var count = hasLeft && hasRight ? Math.Min(a.Left, b.Left) : hasLeft ? a.Left : b.Left;
            var memory = new BatchMemory();
            var columns = new List<Column>(schema.Count);
            a.Take(count, memory, columns);
            b.Take(count, memory, columns);
            yield return new Batch(schema, count, columns, memory);
        }
    }

    sealed class Side(IAsyncEnumerable<Batch> batches, Schema schema, CancellationToken cancel) : IAsyncDisposable
    {
        readonly IAsyncEnumerator<Batch> rows = batches.GetAsyncEnumerator(cancel);
        Batch? current;
        int at;
        bool ended;

        internal int Left => current is null ? 0 : current.Count - at;

        internal ValueTask<bool> FillAsync() => Left > 0 ? ValueTask.FromResult(true) : NextAsync();

        internal void Take(int count, BatchMemory memory, List<Column> into)
        {
            if (current is null)
            {
                foreach (var field in schema) into.Add(Column.AllNull(field.Type, count, memory));
                return;
            }
            memory.Hold(current.Memory.Retain());
            foreach (var column in current.Columns) into.Add(count == column.Count ? column : column.Slice(at, count));
            at += count;
        }

        async ValueTask<bool> NextAsync()
        {
            current?.Dispose();
            current = null;
            while (!ended)
            {
                if (!await rows.MoveNextAsync().ConfigureAwait(false))
                {
                    ended = true;
                    break;
                }
                at = 0;
                if (rows.Current.Count > 0)
                {
                    current = rows.Current;
                    return true;
                }
                rows.Current.Dispose();
            }
            return false;
        }

        public async ValueTask DisposeAsync()
        {
            current?.Dispose();
            await rows.DisposeAsync().ConfigureAwait(false);
        }
    }
}
