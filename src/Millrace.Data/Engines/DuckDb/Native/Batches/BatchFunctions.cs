namespace Millrace.Data.Engines.DuckDb;

/// <summary>Computes a column from columns of equal length; its memory comes from what it is given. From any thread, several at once.</summary>
delegate Column ColumnsBody(ReadOnlySpan<Column> arguments, int count, BatchMemory memory);

/// <summary>C# functions that SQL calls by name, over our own columns.</summary>
static class BatchFunctions
{
    /// <summary>A function that is called for each row; its columns are what its parameters and its result are in C#.</summary>
    internal static void AddFunction(this DuckDbConnection connection, string name, Delegate body, bool seesNulls = true)
    {
        var (parameters, result) = DelegateBody.TypesOf(body);
        connection.AddFunction(name, body, parameters, result, seesNulls);
    }

    internal static void AddFunction(
        this DuckDbConnection connection, string name, Delegate body, IReadOnlyList<DataType> parameters, DataType result, bool seesNulls = true) =>
        connection.AddFunction(name, parameters, result, DelegateBody.Compile(body, parameters, result, seesNulls));

    internal static void AddFunction(
        this DuckDbConnection connection, string name, IReadOnlyList<DataType> parameters, DataType result, ColumnsBody body, bool @volatile = false)
    {
        // One set for each thread: readers collect, and a body must not see what another thread collects.
        var workspaces = new ThreadLocal<Workspace>(() => new(parameters, result));
        using var function = new ScalarFunction(
            name,
            [.. parameters.Select(p => DuckDbTypes.ToLogical(p, enumsAsText: true))],
            DuckDbTypes.ToLogical(result, enumsAsText: true),
            (input, output) =>
            {
                try
                {
                    workspaces.Value!.Run(body, input, output);
                }
                catch
                {
                    workspaces.Value = new(parameters, result); // The old one may hold half a column.
                    throw;
                }
            }) { Volatile = @volatile };
        function.Register(connection);
    }

    sealed class Workspace
    {
        readonly ColumnReader[] readers;
        readonly ColumnWriter writer;

        internal Workspace(IReadOnlyList<DataType> parameters, DataType result)
        {
            readers = [.. parameters.Select((p, i) =>
            {
                using var type = DuckDbTypes.ToLogical(p, enumsAsText: true);
                return ColumnReaders.For(type, p, $"argument {i + 1}");
            })];
            writer = ColumnWriter.For(result, enumsAsText: true);
        }

        internal void Run(ColumnsBody body, DuckDbChunk input, VectorWriter output)
        {
            using var memory = new BatchMemory();
            var arguments = new Column[readers.Length];
            for (var i = 0; i < readers.Length; i++)
            {
                readers[i].Append(input[i]);
                arguments[i] = readers[i].Build(memory);
            }
            var column = body(arguments, input.RowCount, memory);
            if (column.Count != input.RowCount)
                throw new PlanException($"A function was given {input.RowCount} rows and gave {column.Count} back. It must give one for each.");
            writer.Write(column, 0, column.Count, output);
        }
    }
}
