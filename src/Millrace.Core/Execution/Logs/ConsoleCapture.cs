using System.Text;

namespace Millrace.Execution;

/// <summary>Sends what a task's code prints with <see cref="Console"/> to its attempt's log; everybody else's goes where it went.</summary>
sealed class ConsoleCapture : TextWriter
{
    static readonly AsyncLocal<AttemptLog?> Current = new();
    static readonly Lock Gate = new();
    static bool installed;

    readonly TextWriter outside;

    ConsoleCapture(TextWriter outside) => this.outside = outside;

    public override Encoding Encoding => outside.Encoding;

    /// <summary>Once per process: the console's writers are the process's own.</summary>
    internal static void Install()
    {
        lock (Gate)
        {
            if (installed) return;
            installed = true;
            Console.SetOut(new ConsoleCapture(Console.Out));
            Console.SetError(new ConsoleCapture(Console.Error));
        }
    }

    /// <summary>From here on, what the current asynchronous flow prints belongs to <paramref name="log"/>.</summary>
    internal static void RouteTo(AttemptLog? log) => Current.Value = log;

    public override void Write(char value)
    {
        if (Current.Value is { } log) log.WriteText([value]);
        else outside.Write(value);
    }

    public override void Write(string? value)
    {
        if (Current.Value is { } log) log.WriteText(value);
        else outside.Write(value);
    }

    public override void Write(ReadOnlySpan<char> buffer)
    {
        if (Current.Value is { } log) log.WriteText(buffer);
        else outside.Write(buffer);
    }

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void WriteLine() => Write("\n");

    // In one piece: two threads of a task must not mix their lines.
    public override void WriteLine(string? value)
    {
        if (Current.Value is { } log) log.WriteText(value + "\n");
        else outside.WriteLine(value);
    }

    public override void Flush() => outside.Flush();
}
