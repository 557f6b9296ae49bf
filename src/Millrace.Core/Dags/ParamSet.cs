using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Millrace.Dags;

/// <summary>A run's effective parameters: those given, and defaults for the rest.</summary>
public sealed class ParamSet
{
    internal static ParamSet Empty { get; } = new([]);

    internal static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    readonly JsonObject values;

    ParamSet(JsonObject values) => this.values = values;

    /// <param name="json">A JSON object of effective values, as <see cref="Resolve"/> made it.</param>
    internal static ParamSet Parse(string json) => new(JsonNode.Parse(json)!.AsObject());

    /// <summary>Checks the values given and fills in defaults.</summary>
    /// <param name="json">A JSON object; null or empty for none.</param>
    /// <exception cref="ParamException">Lists every value that is missing or wrong.</exception>
    internal static ParamSet Resolve(string dag, IReadOnlyList<ParamSpec> specs, string? json)
    {
        var given = ReadObject(dag, json);
        var faults = new List<string>();
        foreach (var (name, _) in given)
            if (specs.All(s => s.Name != name))
                faults.Add($"'{name}' is not a param of this Dag{Nearest.Hint(name, specs.Select(s => s.Name))}");

        var effective = new JsonObject();
        foreach (var spec in specs)
        {
            var isGiven = given.TryGetPropertyValue(spec.Name, out var value);
            if (!isGiven && spec.Default is null)
                faults.Add($"'{spec.Name}' has no default and must be given ({spec.Expected()})");
            else if (isGiven && spec.Fault(value) is { } fault)
                faults.Add($"'{spec.Name}' is {value?.ToJsonString() ?? "null"}: {fault}");
            else
                effective[spec.Name] = isGiven ? value?.DeepClone() : JsonNode.Parse(spec.Default!);
        }
        return faults.Count == 0 ? new(effective)
            : throw new ParamException($"Dag '{dag}' can't run with these params: {string.Join("; ", faults)}.");
    }

    static JsonObject ReadObject(string dag, string? json)
    {
        if (string.IsNullOrWhiteSpace(json)) return [];
        try
        {
            if (JsonNode.Parse(json) is JsonObject given) return given;
        }
        catch (JsonException e)
        {
            throw new ParamException($"The params for Dag '{dag}' are not JSON: {e.Message} Write an object such as {{\"day\": \"2026-11-21\"}}.", e);
        }
        throw new ParamException($"The params for Dag '{dag}' are {json.Trim()}, which is not an object. Write one such as {{\"day\": \"2026-11-21\"}}.");
    }

    public T Get<T>(string name)
    {
        if (!values.TryGetPropertyValue(name, out var value))
            throw new ParamException($"There is no param '{name}'{Nearest.Hint(name, values.Select(v => v.Key))}. Declare it with d.Param.");
        try
        {
            return value.Deserialize<T>(Json)!;
        }
        catch (JsonException e)
        {
            throw new ParamException($"Param '{name}' is {value?.ToJsonString() ?? "null"}, which can't be read as {typeof(T).Name}. Ask for it as the type it was declared with.", e);
        }
    }

    /// <summary>As one JSON object.</summary>
    public override string ToString() => values.ToJsonString();
}

/// <summary>Params that are missing or wrong; the message lists all of them.</summary>
public sealed class ParamException(string message, Exception? inner = null) : Exception(message, inner);
