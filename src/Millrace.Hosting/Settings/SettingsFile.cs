using System.Text;
using System.Text.Json;

namespace Millrace.Hosting.Settings;

/// <summary>Reads millrace.json into keys and values, each with its line: comments and trailing commas are fine.</summary>
static class SettingsFile
{
    /// <param name="Value">Null for a list or an object where a value belongs.</param>
    internal readonly record struct Entry(string Key, string? Value, int Line);

    internal static IReadOnlyList<Entry> Read(string path)
    {
        try
        {
            return Read(File.ReadAllBytes(path));
        }
        catch (JsonException broken)
        {
            throw new SettingException($"{path}:{(broken.LineNumber ?? 0) + 1}: this is not JSON: {WithoutPosition(broken.Message)}");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"{path} can't be read: {unreadable.Message}");
        }
    }

    internal static IReadOnlyList<Entry> Read(ReadOnlySpan<byte> json)
    {
        if (json.StartsWith(Encoding.UTF8.Preamble)) json = json[Encoding.UTF8.Preamble.Length..];
        var reader = new Utf8JsonReader(json, new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        var entries = new List<Entry>();
        var sections = new Stack<string>();
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("The file must hold one object: { ... }.", null, 0, 0);
        var name = "";
        while (reader.Read())
        {
            var line = 1 + json[..(int)reader.TokenStartIndex].Count((byte)'\n');
            var key = sections.TryPeek(out var section) ? $"{section}.{name}" : name;
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    name = reader.GetString()!;
                    break;
                case JsonTokenType.StartObject when Setting.All.Any(setting => setting.Key.Equals(key, StringComparison.OrdinalIgnoreCase)):
                case JsonTokenType.StartArray:
                    entries.Add(new(key, null, line));
                    reader.Skip();
                    break;
                case JsonTokenType.StartObject:
                    sections.Push(key);
                    break;
                case JsonTokenType.EndObject:
                    sections.TryPop(out _);
                    break;
                case JsonTokenType.String:
                    entries.Add(new(key, reader.GetString(), line));
                    break;
                default:
                    entries.Add(new(key, Encoding.UTF8.GetString(reader.ValueSpan), line));
                    break;
            }
        }
        return entries;
    }

    // The reader's message ends with a position that counts from 0.
    static string WithoutPosition(string message)
    {
        var position = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return position < 0 ? message : message[..position];
    }
}
