using System.Collections;
using System.Text.Json;
using Millrace.Dags;
using Millrace.Runs;

namespace Millrace.Execution;

/// <summary>Turns what a body returned into a value that can be kept: small ones inline, large ones in a file of the home folder.</summary>
sealed class ResultWriter(HomeFolder home)
{
    internal const int InlineLimit = 64 * 1024;

    /// <param name="declared">The type that readers will read it as.</param>
    internal async ValueTask<ResultValue?> WriteAsync(Assignment assignment, object? value, Type declared, CancellationToken cancellation)
    {
        if (value is null) return new ResultValue("null"u8.ToArray(), null, 4, null, Name(declared));
        if (value is FileResult file) return Reference(file, assignment);
        var relative = home.ResultFile(assignment);
        var count = Count(value);
        using var stream = new SpillStream(home.Resolve(relative), InlineLimit) { CountItems = count is null && value is IEnumerable and not (string or IDictionary) || IsAsyncSequence(value) };
        try
        {
            if (IsAsyncSequence(value)) await JsonSerializer.SerializeAsync(stream, value, declared, ResultJson.Options, cancellation).ConfigureAwait(false);
            else JsonSerializer.Serialize(stream, value, declared, ResultJson.Options);
        }
        catch (Exception e) when (e is NotSupportedException or JsonException)
        {
            stream.Discard();
            throw new ResultException(Explain(assignment.Attempt.Instance.Task, value.GetType(), e), e);
        }
        catch
        {
            // The author's own sequence or getter threw.
            stream.Discard();
            throw;
        }
        return new ResultValue(stream.Spilled ? null : stream.ToArray(), stream.Spilled ? relative : null, stream.Written, count ?? stream.Items, Name(declared));
    }

    /// <summary>The text a command printed or left in a file.</summary>
    internal static ResultValue Text(string text)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(text, ResultJson.Options);
        return new ResultValue(json, null, json.Length, null, Name(typeof(string)));
    }

    /// <summary>Only the path is kept, however large the file is.</summary>
    static ResultValue Reference(FileResult file, Assignment assignment)
    {
        var path = Path.GetFullPath(file.Path);
        if (!File.Exists(path))
            throw new ResultException($"Task '{assignment.Attempt.Instance.Task}' returned the file '{path}', which does not exist.");
        var json = JsonSerializer.SerializeToUtf8Bytes(file with { Path = path }, ResultJson.Options);
        return new ResultValue(json, null, new FileInfo(path).Length, null, Name(typeof(FileResult)));
    }

    static int? Count(object value) => value switch
    {
        string or IDictionary => null,
        ICollection collection => collection.Count,
        JsonElement { ValueKind: JsonValueKind.Array } array => array.GetArrayLength(),
        System.Text.Json.Nodes.JsonArray array => array.Count,
        _ => null,
    };

    static bool IsAsyncSequence(object value) =>
        value.GetType().GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>));

    internal static string Name(Type type)
    {
        if (!type.IsGenericType) return type.FullName ?? type.Name;
        var name = type.GetGenericTypeDefinition().FullName ?? type.Name;
        var tick = name.IndexOf('`', StringComparison.Ordinal);
        return $"{(tick < 0 ? name : name[..tick])}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }

    static string Explain(string task, Type type, Exception e)
    {
        // The serializer says where only at the end of its message.
        var path = (e as JsonException)?.Path;
        var reason = e.Message;
        var at = reason.LastIndexOf("Path: ", StringComparison.Ordinal);
        if (at >= 0)
        {
            path ??= reason[(at + 6)..].TrimEnd('.', ' ');
            reason = reason[..at].TrimEnd();
        }
        var member = path is null or "$" or "" ? "the value itself" : $"member '{path}'";
        return $"The result of task '{task}' can't be serialised: type '{Name(type)}', {member}: {reason} "
            + "Return plain data (records, lists, numbers, text), mark the member [JsonIgnore], or return a FileResult.";
    }
}
