using Millrace.Data;

namespace Millrace.Cli.Output;

/// <summary>
/// The last line of a terminal says how far a run is, and is gone when the run has ended. Nothing of the terminal is
/// changed but that line, so that even a killed process leaves it as it was.
/// </summary>
sealed class ProgressLine : IProgress<RunProgress>, IDisposable
{
    // What is over at once needs no line that flickers.
    static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    const string Erase = "\r\u001b[K";

    readonly Lock guard = new();
    readonly TextWriter terminal;
    readonly Func<int> width;
    readonly IDisposable watch;
    bool isDrawn, isOver;

    internal ProgressLine(TextWriter terminal, Func<int> width, RunContext run)
    {
        (this.terminal, this.width) = (terminal, width);
        watch = run.Watch(this);
    }

    public void Report(RunProgress value)
    {
        if (value.Elapsed < Patience) return;
        lock (guard)
        {
            if (isOver) return;
            // A line as wide as the terminal would wrap on some.
            terminal.Write($"\r{ProgressText.Of(value, width() - 1)}\u001b[K");
            terminal.Flush();
            isDrawn = true;
        }
    }

    public void Dispose()
    {
        lock (guard)
        {
            if (isDrawn && !isOver)
            {
                terminal.Write(Erase);
                terminal.Flush();
            }
            isOver = true;
        }
        watch.Dispose();
    }
}
