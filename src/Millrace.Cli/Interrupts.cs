using System.Runtime.InteropServices;

namespace Millrace.Cli;

/// <summary>The first Ctrl-C or SIGTERM asks the command to end; a second one ends the process at once.</summary>
sealed class Interrupts : IDisposable
{
    readonly CancellationTokenSource _source = new();
    readonly List<PosixSignalRegistration> _signals = [];

    internal Interrupts()
    {
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGQUIT])
            _signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                if (_source.IsCancellationRequested) return;
                context.Cancel = true;
                // Not on the signal's own thread: what is awaiting may go on right here.
                ThreadPool.UnsafeQueueUserWorkItem(static source => source.Cancel(), _source, preferLocal: false);
            }));
    }

    internal CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (var signal in _signals) signal.Dispose();
    }
}
