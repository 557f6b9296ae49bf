using System.Linq.Expressions;

namespace Millrace.Data;

/// <summary>Makes a <typeparamref name="T"/> of a row: one compiled expression per type and schema, nothing boxed on the way.</summary>
sealed class RowReader<T>
{
    readonly Func<Column[], int, long, T> read;
    Column[] columns = [];
    long first, next;

    RowReader(Func<Column[], int, long, T> read) => this.read = read;

    internal static RowReader<T> Over(Schema schema) => new(Readers.Over(schema));

    /// <summary>The rows from here on are this batch's.</summary>
    internal void Begin(Batch batch)
    {
        columns = batch.Columns.ToArray();
        first = next;
        next += batch.Count;
    }

    internal T this[int row] => read(columns, row, first);

    static class Readers
    {
        static readonly Lock guard = new();
        static readonly Dictionary<Schema, Func<Column[], int, long, T>> compiled = [];

        internal static Func<Column[], int, long, T> Over(Schema schema)
        {
            lock (guard)
            {
                if (!compiled.TryGetValue(schema, out var read)) compiled.Add(schema, read = Compile(schema));
                return read;
            }
        }

        static Func<Column[], int, long, T> Compile(Schema schema)
        {
            var (columns, row, first) = (Expression.Parameter(typeof(Column[])), Expression.Parameter(typeof(int)), Expression.Parameter(typeof(long)));
            var body = new CellReading(first).Row(typeof(T), schema, i => Expression.ArrayIndex(columns, Expression.Constant(i)), row);
            return Expression.Lambda<Func<Column[], int, long, T>>(body, columns, row, first).Compile();
        }
    }
}
