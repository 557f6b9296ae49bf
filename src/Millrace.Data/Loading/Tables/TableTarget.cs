using System.Text.Json.Nodes;

namespace Millrace.Data;

/// <summary>A table of a database: to load, and to read with <see cref="Frame.From(ISource)"/>.</summary>
public abstract class TableTarget : LoadTarget, ISource
{
    readonly IReadOnlyList<string> key;

    private protected TableTarget(TableName table, IReadOnlyList<string> key)
    {
        Table = table;
        this.key = [.. key];
    }

    internal TableName Table { get; }

    public override string Name => Table.ToString();
    public override IReadOnlyList<string> Key => key;

    /// <summary>The table's columns, which the database is asked for.</summary>
    public abstract Schema Schema { get; }
    public abstract JsonObject? Describe();

    /// <inheritdoc cref="ISource.MeasureAsync"/>
    public virtual ValueTask<SourceSize?> MeasureAsync(CancellationToken cancel) => new((SourceSize?)null);

    public abstract IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, CancellationToken cancel);

    internal abstract Task<LoadSession> OpenSessionAsync(CancellationToken cancel);

    internal override async Task<LoadWriter> OpenAsync(Schema schema, Load mode, LoadOptions options, RunContext context, CancellationToken cancel) =>
        await TableLoad.OpenAsync(this, schema, mode, options, context, cancel).ConfigureAwait(false);

    internal override async Task<string?> ReadStateAsync(string bookmark, CancellationToken cancel)
    {
        var session = await OpenSessionAsync(cancel).ConfigureAwait(false);
        await using var closing = session.ConfigureAwait(false);
        return await new LoadState(session, Table).ReadAsync(bookmark, cancel).ConfigureAwait(false);
    }
}
