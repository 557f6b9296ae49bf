using Millrace.Data;

namespace Millrace.Cli.DataWork;

/// <summary>Shows that long work goes on and how far it is, on terminals only.</summary>
static class WorkScreen
{
    internal static async Task<T> ShowAsync<T>(Session session, RunContext run, Func<CancellationToken, Task<T>> work)
    {
        using var line = session.Terminal.Watch(run);
        return await work(session.Cancellation);
    }
}
