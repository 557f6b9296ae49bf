namespace Millrace.Data.Engines.DuckDb;

/// <summary>
/// Carries a cancellation to a running statement. DuckDB forgets an interrupt that comes before a statement has begun,
/// so it is repeated until the statement has ended.
/// </summary>
sealed class Interruption : IDisposable
{
    static readonly TimeSpan Repeat = TimeSpan.FromMilliseconds(20);

    readonly Lock gate = new();
    readonly DuckDbConnection connection;
    readonly CancellationToken cancel;
    readonly CancellationTokenRegistration registration;
    Timer? timer;
    bool ended;

    internal Interruption(DuckDbConnection connection, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        this.connection = connection;
        this.cancel = cancel;
        registration = cancel.UnsafeRegister(static self => ((Interruption)self!).Begin(), this);
    }

    /// <summary>What to throw for a statement that failed.</summary>
    internal unsafe Exception Reason(ResultHandle result) =>
        Reason(Api.Text(Api.duckdb_result_error(result.Result)), Api.duckdb_result_error_type(result.Result));

    internal Exception Reason(string text, DuckDbErrorType type = DuckDbErrorType.Unknown)
    {
        var failure = DuckDbException.From(text, type);
        return cancel.IsCancellationRequested && (failure.Type == DuckDbErrorType.Interrupt || failure.InnerException is OperationCanceledException)
            ? new OperationCanceledException("The query was cancelled.", failure, cancel)
            : failure;
    }

    void Begin()
    {
        lock (gate)
        {
            if (!ended) timer = new Timer(static self => ((Interruption)self!).Send(), this, TimeSpan.Zero, Repeat);
        }
    }

    void Send()
    {
        lock (gate)
        {
            if (!ended) connection.Interrupt();
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            ended = true;
            timer?.Dispose();
        }
        registration.Dispose();
    }
}
