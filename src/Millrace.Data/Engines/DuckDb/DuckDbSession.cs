using Millrace.Data.Engines.DuckDb;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>A DuckDB for one run: its settings, and the sources and C# functions that the run's statement names.</summary>
sealed class DuckDbSession : IDisposable
{
    static readonly DuckDbDialect dialect = new();

    readonly RunContext context;
    readonly CancellationToken cancel;
    readonly string spill;
    readonly DuckDbDatabase database;
    readonly DuckDbConnection connection;
    readonly Dictionary<Callback, string> callbacks = [];
    readonly List<Reading> followed = [];
    int tables;

    /// <param name="keepsOrder">Whether rows must leave in the order in which they came: it costs memory.</param>
    internal DuckDbSession(RunContext context, bool keepsOrder, CancellationToken cancel)
    {
        this.context = context;
        this.cancel = cancel;
        spill = Path.Combine(context.SpillFolder ?? Path.GetTempPath(), $"millrace-spill-{Guid.NewGuid():n}");
        database = DuckDbDatabase.InMemory(new DuckDbOptions
        {
            Threads = context.Threads,
            MemoryLimit = context.MemoryLimit,
            TempFolder = spill,
            Settings = new Dictionary<string, string>
            {
                ["preserve_insertion_order"] = keepsOrder ? "true" : "false",
                // It makes of a count by window a join with the same rows read again: a source would be read, and its rows
                // refused, twice.
                ["disabled_optimizers"] = "window_self_join",
            },
        });
        connection = database.Connect();
        AddOwn(Functions.Upper);
        AddOwn(Functions.Lower);
    }

    internal string Write(Relation core) => new SqlWriter(dialect, Read, Callback).Write(core);

    internal DuckDbStatement Prepare(string sql) => connection.Prepare(sql);

    internal long Execute(string sql) => connection.Execute(sql, cancel);

    /// <summary>The statement by which DuckDB reads the source itself; null where the source's own reader must.</summary>
    internal static string? NativeSql(Scan scan) =>
        scan.Source is INativeScan native && !scan.Provenance ? native.DuckDbSql(scan.Columns is { } columns ? [.. columns] : null) : null;

    string Read(Scan scan)
    {
        if (NativeSql(scan) is { } sql)
        {
            if (context.Readings.Of(scan.Source) is { } native)
            {
                if (followed.Count == 0) connection.CountProgress();
                native.Follow(() => connection.IsClosed ? null : connection.Progress);
                followed.Add(native);
            }
            return sql;
        }
        var name = $"source_{++tables}";
        connection.AddTable(name, new BatchTableSource(scan.Schema) { Open = (columns, stop) => Batches(scan, columns, stop), MaxThreads = context.Threads });
        return $"SELECT * FROM {SqlScope.Quote(name)}";
    }

    IAsyncEnumerable<Batch> Batches(Scan scan, IReadOnlyList<string> columns, CancellationToken stop)
    {
        var provenance = scan.Provenance && columns.Any(Provenance.Is);
        var wanted = columns.Where(c => !scan.Provenance || !Provenance.Is(c)).ToList();
        var reading = context.Readings.Of(scan.Source);
        var request = new ReadRequest { Columns = wanted, Provenance = provenance, Bad = context.Bad, Rejects = context.Rejects, Threads = context.Threads, Stages = context.Stages, BytesRead = reading is null ? null : reading.AddBytes };
        var batches = scan.Source.ReadAsync(request, stop);
        var given = request.SchemaOf(scan.Source.Schema);
        if (provenance) batches = RowPlaces.Add(batches, given, scan.Source.Kind);
        reading?.Begin();
        if (reading is not null) batches = Counted(batches, reading);
        return given.Names.SequenceEqual(columns) ? batches : Ordered(batches, [.. columns.Select(given.IndexOf)], new Schema(columns.Select(c => given[c])));
    }

    static async IAsyncEnumerable<Batch> Counted(IAsyncEnumerable<Batch> batches, Reading reading)
    {
        await foreach (var batch in batches.ConfigureAwait(false))
        {
            reading.AddRows(batch.Count);
            yield return batch;
        }
        reading.End();
    }

    // Provenance comes last in a batch, whatever its place in the statement.
    static async IAsyncEnumerable<Batch> Ordered(IAsyncEnumerable<Batch> batches, int[] places, Schema schema)
    {
        await foreach (var batch in batches.ConfigureAwait(false))
            yield return new Batch(schema, batch.Count, places.Select(p => batch[p]).ToArray(), batch.Memory);
    }

    // A function of text that is ours here too.
    void AddOwn(Function function)
    {
        var arguments = new Schema(new Field("a0", DataType.Text));
        var kernel = new KernelCompiler(arguments).Compile(function.Of(new ColumnExpr("a0")));
        connection.AddFunction(DuckDbDialect.OwnFunction(function.Name), [DataType.Text], DataType.Text,
            (columns, count, memory) => kernel.Column(new Evaluation(new Batch(arguments, count, [.. columns], memory), new Faults(function.Name, collect: false))));
    }

    string Callback(CallbackExpr callback, Schema schema)
    {
        if (callbacks.TryGetValue(callback.Callback, out var known)) return known;
        var name = $"callback_{callbacks.Count + 1}";
        var types = callback.Arguments.Select(a => a.TypeIn(schema).Type).ToList();
        var arguments = new Schema(types.Select((t, i) => new Field($"a{i}", t)));
        var call = callback with { Arguments = arguments.Select(a => (Expr)new ColumnExpr(a.Name)).ToSequence() };
        var kernel = new KernelCompiler(arguments).Compile(call);
        connection.AddFunction(name, types, callback.Callback.Type, (columns, count, memory) => kernel.Column(new Evaluation(new Batch(arguments, count, [.. columns], memory), new Faults(callback.Callback.Name, collect: false))), @volatile: true);
        callbacks.Add(callback.Callback, name);
        return name;
    }

    public void Dispose()
    {
        // Nobody may ask a connection that is closed.
        foreach (var native in followed) native.End();
        connection.Dispose();
        database.Dispose();
        if (Directory.Exists(spill)) Directory.Delete(spill, recursive: true);
    }
}
