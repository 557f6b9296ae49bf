using System.CommandLine;
using System.Text;
using Millrace.Cli.Output;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Cli.Commands;

static class TasksLogs
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    internal static Command Create()
    {
        var words = RunWords.RunAndTask();
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on printing until the task has ended." };
        var attempt = new Option<int?>("--attempt") { Description = "Which try; otherwise the last one.", HelpName = "number" };
        var mapIndex = RunWords.MapIndex();
        var command = new Command("logs", "Prints the log of a task's attempt.") { words, follow, attempt, mapIndex };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var lookup = new Lookup(store, session.Cancellation);
            var given = parsed.GetRequiredValue(words);
            var run = await lookup.RunAsync(given[..^1]);
            var task = Lookup.TaskIn(await lookup.SpecAsync(run.Dag, run.Version), given[^1]);
            var id = Choose((await store.LoadRunAsync(run.Id, session.Cancellation))!.Tasks, run, task, parsed.GetValue(mapIndex));
            if (parsed.GetValue(follow) && !session.IsJson)
            {
                await FollowAsync(store, run, id, parsed.GetValue(attempt), session);
                return ExitCode.Ok;
            }
            var number = parsed.GetValue(attempt) ?? (await FindAsync(store, id, session)).Attempt;
            if (number == 0)
                throw new UserErrorException($"{task} has had no attempt in {run.Dag} {run.Key}: it is {(await FindAsync(store, id, session)).State.Name()}.");
            var file = session.Home.AttemptLog(run.Dag, run.Key, task, id.MapIndex, number);
            if (!File.Exists(file))
            {
                session.Terminal.Complain($"Attempt {number} of {task} in {run.Dag} {run.Key} has no log: it wrote nothing, its log was cleaned up, or it lies on another machine ({file}).");
                if (session.IsJson) session.Terminal.WriteJson(new LogView(run.Dag, run.Key, task, parsed.GetValue(mapIndex), number, file, []), Views.Default.LogView);
            }
            else if (session.IsJson)
                session.Terminal.WriteJson(new LogView(run.Dag, run.Key, task, parsed.GetValue(mapIndex), number, file, await File.ReadAllLinesAsync(file, session.Cancellation)), Views.Default.LogView);
            else
                await CopyAsync(file, 0, session);
            return ExitCode.Ok;
        }));
        return command;
    }

    static InstanceId Choose(IReadOnlyList<TaskInstance> tasks, RunRow run, string task, int? mapIndex)
    {
        var instances = tasks.Where(instance => instance.Id.Task == task).ToList();
        if (mapIndex is { } index)
            return instances.FirstOrDefault(instance => instance.Id.MapIndex == index)?.Id
                ?? throw new UserErrorException($"{task} has no instance {index} in {run.Dag} {run.Key}; it has {Text.Count(instances.Count, "instance")}, counted from 0.");
        return instances.Count == 1 ? instances[0].Id
            : throw new UserErrorException($"{task} has {Text.Count(instances.Count, "instance")} in {run.Dag} {run.Key}. Say which with --map-index.");
    }

    static async Task<TaskInstance> FindAsync(IMetadataStore store, InstanceId id, Session session) =>
        (await store.LoadRunAsync(id.Run, session.Cancellation))?.Tasks.FirstOrDefault(task => task.Id == id)
            ?? throw new UserErrorException($"{id} is gone: its run was cleared or deleted.");

    static async Task FollowAsync(IMetadataStore store, RunRow run, InstanceId id, int? wanted, Session session)
    {
        var (shown, position) = (0, 0L);
        while (true)
        {
            // First the state, then the log: what the task wrote last is printed before we leave.
            var instance = await FindAsync(store, id, session);
            var number = wanted ?? instance.Attempt;
            if (number != shown && number > 0)
            {
                if (shown > 0) session.Terminal.Line($"--- attempt {number} ---");
                (shown, position) = (number, 0);
            }
            var file = session.Home.AttemptLog(run.Dag, run.Key, id.Task, id.MapIndex, number);
            if (number > 0 && File.Exists(file)) position = await CopyAsync(file, position, session);
            if (instance.State.IsFinished()) return;
            await Task.Delay(Pause, session.Time, session.Cancellation);
        }
    }

    static async Task<long> CopyAsync(string file, long from, Session session)
    {
        await using var log = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        log.Position = Math.Min(from, log.Length);
        using var reader = new StreamReader(log, Encoding.UTF8, detectEncodingFromByteOrderMarks: false);
        var buffer = new char[8192];
        int read;
        while ((read = await reader.ReadAsync(buffer, session.Cancellation)) > 0)
            await session.Terminal.Output.WriteAsync(buffer.AsMemory(0, read), session.Cancellation);
        await session.Terminal.Output.FlushAsync(session.Cancellation);
        return log.Position;
    }
}
