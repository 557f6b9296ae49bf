using System.Text.Json.Serialization.Metadata;
using System.Text.Json;
using Millrace.Data;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Millrace.Cli.Output;

/// <summary>Where a command writes. Reads as well in a file or a pipe as in a terminal.</summary>
sealed class Terminal(TextWriter output, TextWriter error)
{
    // Nobody reads a pipe in 80 columns: a row stays a line there.
    const int WidthOfPipes = 400;
    const int WidthUnknown = 80;

    IAnsiConsole? _console;

    internal TextWriter Output => output;
    internal TextWriter Error => error;
    internal bool IsInteractive => ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;

    internal IAnsiConsole Rich => _console ??= CreateConsole();

    /// <summary>The places of a line of the terminal that tables are drawn on; null where that is none.</summary>
    internal int? Width => IsInteractive ? WidthOfTerminal() : null;

    /// <summary>Shows on the terminal how far the run is, until it is disposed; null where standard error isn't one.</summary>
    internal ProgressLine? Watch(RunContext run) =>
        ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb")
            ? new ProgressLine(error, WidthOfTerminal, run)
            : null;

    static int WidthOfTerminal()
    {
        try
        {
            return Console.WindowWidth is > 0 and var width ? width : WidthUnknown;
        }
        catch (IOException)
        {
            return WidthUnknown;
        }
    }

    internal void Line(string text = "") => output.WriteLine(text);

    internal void Complain(string message) => error.WriteLine(message);

    internal void Write(IRenderable what)
    {
        if (IsInteractive)
        {
            Rich.Write(what);
            return;
        }
        // What is rendered is as wide as the pipe allows; the blanks at the end of lines are no use to anybody.
        var text = new StringWriter();
        CreateConsole(text).Write(what);
        foreach (var line in text.ToString().TrimEnd('\n', '\r').Split('\n'))
            output.WriteLine(line.TrimEnd());
    }

    internal void WriteJson<T>(T document, JsonTypeInfo<T> type) => output.WriteLine(JsonSerializer.Serialize(document, type));

    /// <summary>One of many documents, on a line of its own.</summary>
    internal void WriteLine<T>(T document, JsonTypeInfo<T> type)
    {
        output.WriteLine(JsonSerializer.Serialize(document, type));
        output.Flush();
    }

    IAnsiConsole CreateConsole(TextWriter? instead = null)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(instead ?? output),
            Ansi = IsInteractive ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = IsInteractive ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = IsInteractive ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!IsInteractive) console.Profile.Width = WidthOfPipes;
        return console;
    }
}
