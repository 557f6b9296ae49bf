using System.Text.Json;
using Millrace.Runs;

namespace Millrace.Execution;

/// <summary>Turns kept values into what a body takes.</summary>
sealed class ResultReader(HomeFolder home)
{
    internal object? Read(ResultValue value, Type type, string task)
    {
        try
        {
            if (value.Json is { } json) return Parse(json, type);
            using var file = Open(value.File!, task);
            return type == typeof(string) && value.Type != ResultWriter.Name(typeof(string))
                ? new StreamReader(file).ReadToEnd()
                : JsonSerializer.Deserialize(file, type, ResultJson.Options);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new ResultException($"The result of task '{task}' was written as '{value.Type}' and can't be read as '{ResultWriter.Name(type)}': {e.Message}", e);
        }
    }

    // A command's result is text that may be JSON: whoever reads it as text gets the text, whoever reads it as something else gets it parsed.
    static object? Parse(byte[] json, Type type)
    {
        var isText = json.Length > 0 && json[0] == '"';
        if (type == typeof(string) && !isText) return json.AsSpan().SequenceEqual("null"u8) ? null : System.Text.Encoding.UTF8.GetString(json);
        try
        {
            return JsonSerializer.Deserialize(json, type, ResultJson.Options);
        }
        catch (JsonException) when (isText)
        {
            return JsonSerializer.Deserialize(JsonSerializer.Deserialize<string>(json)!, type, ResultJson.Options);
        }
    }

    FileStream Open(string relative, string task)
    {
        var path = home.Resolve(relative);
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ResultException($"The result of task '{task}' was kept in '{path}', which is gone. Clear '{task}' to make it again.", e);
        }
    }
}
