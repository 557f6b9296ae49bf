using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Storage.Sql;

/// <summary>One transaction. Statements name their parameters <c>$1</c>, <c>$2</c> ..., which both dialects read.</summary>
abstract class Session
{
    internal abstract Task<List<T>> QueryAsync<T>(string sql, Func<IRow, T> read, params object?[] arguments);
    /// <returns>The number of rows touched.</returns>
    internal abstract Task<int> ExecuteAsync(string sql, params object?[] arguments);
    /// <summary>Several statements without parameters.</summary>
    internal abstract Task ExecuteScriptAsync(string script);
    /// <summary>One statement for each list of arguments, sent together.</summary>
    internal abstract Task ExecuteManyAsync(string sql, IReadOnlyList<object?[]> arguments);
    /// <summary>Shuts other transactions that lock one of these names out until this one ends.</summary>
    internal abstract Task LockAsync(params IReadOnlyList<string> names);

    /// <summary>Ends a select whose rows must not change before this transaction ends.</summary>
    internal abstract string ForUpdate { get; }
    /// <summary>Ends a select whose rows must not vanish before this transaction ends.</summary>
    internal abstract string ForKeyShare { get; }
    /// <summary>Ends a select that passes over rows another transaction is taking, instead of waiting to lose them.</summary>
    internal abstract string SkipLocked { get; }
    /// <summary>A condition: the column's text is one of the texts in the parameter, a <c>string[]</c>.</summary>
    internal abstract string Among(string column, int parameter);

    internal async Task<T?> FirstAsync<T>(string sql, Func<IRow, T> read, params object?[] arguments) =>
        (await QueryAsync(sql, read, arguments).ConfigureAwait(false)).FirstOrDefault();

    internal async Task<long> CountAsync(string sql, params object?[] arguments) =>
        (await QueryAsync(sql, r => r.Long(0), arguments).ConfigureAwait(false))[0];

    /// <summary>An argument as the database takes it.</summary>
    protected static object? Plain(object? argument) => argument switch
    {
        RunId run => run.Value,
        SchedulerId scheduler => scheduler.Value,
        BackfillId backfill => backfill.Value,
        DateTimeOffset at => at.ToMicros(),
        int number => (long)number,
        string text => text.Storable(),
        _ => argument,
    };
}
