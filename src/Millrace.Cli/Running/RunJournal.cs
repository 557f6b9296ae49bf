using Millrace.Cli.Output;
using Millrace.Runs;

namespace Millrace.Cli.Running;

/// <summary>Prints one line for each run that begins and ends; when there are too many to read, how many there were.</summary>
sealed class RunJournal(Terminal terminal, bool json, TimeProvider time) : IDisposable
{
    const int LinesPerSecond = 20;

    readonly Lock _gate = new();
    ITimer? _timer;
    long _second;
    int _lines, _began, _succeeded, _failed;

    internal void Began(RunRow run) => Tell(run, "run_started", ref _began, () =>
        $"{Clock(run.StartedAt)}  started  {run.Dag} {run.Key}");

    internal void Ended(RunRow run) => Tell(run, "run_ended", ref run.State == RunState.Success ? ref _succeeded : ref _failed, () =>
        $"{Clock(run.EndedAt)}  {run.State.Name(),-7}  {run.Dag} {run.Key}{(run.EndedAt - run.StartedAt is { } took ? $"  {Text.Of(took)}" : "")}"
        + (run.State == RunState.Failed ? $"   why: millrace runs show {run.Dag} {run.Key}" : ""));

    internal void Say(string line)
    {
        lock (_gate)
            if (!json) terminal.Line($"{Clock(time.GetUtcNow())}  {line}");
    }

    internal void Event(UpEvent what)
    {
        lock (_gate)
            if (json) terminal.WriteLine(what, UpEvents.Default.UpEvent);
    }

    void Tell(RunRow run, string name, ref int unread, Func<string> line)
    {
        lock (_gate)
        {
            if (json)
            {
                terminal.WriteLine(new UpEvent(name, time.GetUtcNow()) { Dag = run.Dag, Run = run.Key, RunId = run.Id.ToString(), State = run.State.Name() }, UpEvents.Default.UpEvent);
                return;
            }
            var second = time.GetTimestamp() / time.TimestampFrequency;
            if (second != _second) (_second, _lines) = (second, 0);
            if (_lines++ < LinesPerSecond) terminal.Line(line());
            else
            {
                unread++;
                _timer ??= time.CreateTimer(_ => SumUp(), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
            }
        }
    }

    void SumUp()
    {
        lock (_gate)
        {
            terminal.Line($"{Clock(time.GetUtcNow())}  and {_began} more started, {_succeeded} more succeeded, {_failed} more failed");
            (_began, _succeeded, _failed) = (0, 0, 0);
            _timer?.Dispose();
            _timer = null;
        }
    }

    // Of the day, in UTC like every time Millrace prints.
    static string Clock(DateTimeOffset? at) => at is { } time ? time.UtcDateTime.ToString("HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture) : "        ";

    public void Dispose() => _timer?.Dispose();
}
