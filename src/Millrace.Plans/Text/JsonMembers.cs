using System.Text.Json.Nodes;

namespace Millrace.Plans;

/// <summary>A JSON object whose members are taken one by one; what nobody took is refused by name and path.</summary>
sealed class JsonMembers
{
    readonly JsonObject members;
    readonly HashSet<string> taken = new(StringComparer.Ordinal);

    internal JsonMembers(JsonNode? node, string path)
    {
        Path = path;
        members = node as JsonObject ?? throw Wrong(path, "an object was expected");
    }

    internal string Path { get; }

    internal bool Has(string name) => members.ContainsKey(name);

    internal JsonNode? Take(string name) => Has(name) ? Optional(name) : throw Wrong(Path, $"'{name}' is missing");

    internal JsonNode? Optional(string name)
    {
        taken.Add(name);
        return members[name];
    }

    internal string PathOf(string name) => $"{Path}.{name}";

    internal T Value<T>(string name) => ValueOf<T>(Take(name), PathOf(name));

    internal T Value<T>(string name, T otherwise) => Has(name) ? Value<T>(name) : otherwise;

    internal static T ValueOf<T>(JsonNode? node, string path) => node is JsonValue value && value.TryGetValue<T>(out var read)
        ? read
        : throw Wrong(path, $"{node?.ToJsonString() ?? "null"} isn't {(typeof(T) == typeof(string) ? "a text" : typeof(T) == typeof(bool) ? "true or false" : "a number that fits")}");

    /// <summary>The members in their order, for an object that is a list of names.</summary>
    internal IEnumerable<(string Name, JsonNode? Value)> All()
    {
        foreach (var (name, value) in members) yield return (name, value);
    }

    internal void Done(string what)
    {
        foreach (var (name, _) in members)
        {
            if (!taken.Contains(name)) throw Wrong(Path, $"{what} has no member '{name}', only {string.Join(", ", taken.Select(t => $"'{t}'"))}");
        }
    }

    internal static PlanException Wrong(string path, string what, Exception? inner = null) => new($"The plan can't be read at {path}: {what}.", inner);
}
