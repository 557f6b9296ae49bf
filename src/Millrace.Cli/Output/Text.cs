using System.Globalization;
using Millrace.Hosting.Settings;
using Millrace.Runs;
using Spectre.Console;

namespace Millrace.Cli.Output;

/// <summary>Values as people read them, as markup.</summary>
static class Text
{
    internal const string Nothing = "-";

    internal static string Of(string? text) => string.IsNullOrEmpty(text) ? Nothing : Markup.Escape(text.ReplaceLineEndings(" "));

    internal static string Of(DateTimeOffset? at) => at is { } time ? Of(time) : Nothing;

    internal static string Of(DateTimeOffset at) =>
        at.UtcDateTime.ToString(at.Ticks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-dd HH:mm:ss'Z'" : "yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    internal static string Of(TimeSpan? duration) => duration is { } time ? Of(time) : Nothing;

    internal static string Of(TimeSpan duration) => duration.TotalSeconds switch
    {
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0}ms"),
        < 60 => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.0}s"),
        _ => Duration.Format(TimeSpan.FromSeconds(Math.Round(duration.TotalSeconds))),
    };

    internal static string Count(long number, string what) => $"{number.ToString("N0", CultureInfo.InvariantCulture)} {what}{(number == 1 ? "" : "s")}";

    internal static string Of(TaskState state) => Coloured(state.Name(), state switch
    {
        TaskState.Success => "green",
        TaskState.Failed or TaskState.UpstreamFailed => "red",
        TaskState.Running or TaskState.Queued or TaskState.Restarting => "yellow",
        TaskState.UpForRetry or TaskState.UpForReschedule or TaskState.Deferred => "olive",
        _ => "grey",
    });

    internal static string Of(RunState state) => Coloured(state.Name(), state switch
    {
        RunState.Success => "green",
        RunState.Failed => "red",
        RunState.Running => "yellow",
        _ => "grey",
    });

    static string Coloured(string text, string colour) => $"[{colour}]{text}[/]";
}
