using System.Globalization;
using System.Text;
using Millrace.Broker.State;

namespace Millrace.Broker.Transactions;

/// <summary>Gives each producer a number that no other ever had. Whole blocks are taken from the state, so most cost nothing.</summary>
sealed class ProducerIds(StateLog state) : IDisposable
{
    const string Key = "producer-ids";
    const int Block = 1000;

    readonly SemaphoreSlim gate = new(1);
    long next;
    long end;

    internal async ValueTask<long> NextAsync()
    {
        await gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (next == end)
            {
                var from = state.Find(StateKind.Broker, Key) is { } taken ? long.Parse(taken, CultureInfo.InvariantCulture) : 0;
                await state.PutAsync(StateKind.Broker, Key, Encoding.ASCII.GetBytes((from + Block).ToString(CultureInfo.InvariantCulture))).ConfigureAwait(false);
                // Only now: a block that isn't on the disk would be given again after a restart.
                (next, end) = (from, from + Block);
            }
            return next++;
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();
}
