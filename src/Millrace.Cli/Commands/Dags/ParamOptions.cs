using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Millrace.Dags;

namespace Millrace.Cli.Commands;

/// <summary>How params are given: all as one JSON object, or each as NAME=VALUE.</summary>
sealed class ParamOptions
{
    readonly Option<string?> _params = new("--params", "--conf", "-c") { Description = "The params as a JSON object, or @FILE that holds one.", HelpName = "json" };
    readonly Option<string[]> _param = new("--param", "-p") { Description = "One param. May be given several times.", HelpName = "name=value" };

    internal void AddTo(Command command)
    {
        command.Add(_params);
        command.Add(_param);
    }

    /// <returns>A JSON object, or null when nothing was given.</returns>
    internal string? Read(ParseResult parsed, DagSpec dag)
    {
        var json = parsed.GetValue(_params);
        if (json is ['@', .. var file])
        {
            if (!File.Exists(file)) throw new UserErrorException($"--params names the file '{file}', which doesn't exist.");
            json = File.ReadAllText(file);
        }
        var pairs = parsed.GetValue(_param) ?? [];
        if (pairs.Length == 0) return json;
        JsonObject all;
        try
        {
            all = json is null ? [] : JsonNode.Parse(json) as JsonObject ?? throw new UserErrorException($"--params is '{json}', which is not a JSON object.");
        }
        catch (JsonException wrong)
        {
            throw new UserErrorException($"--params is '{json}', which is not JSON: {wrong.Message}");
        }
        foreach (var pair in pairs)
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) throw new UserErrorException($"--param is '{pair}'. Write NAME=VALUE.");
            var (name, value) = (pair[..equals], pair[(equals + 1)..]);
            all[name] = IsText(dag, name) ? JsonValue.Create(value) : Parse(value);
        }
        return all.ToJsonString();
    }

    static bool IsText(DagSpec dag, string name) =>
        dag.Params.FirstOrDefault(param => param.Name == name) is { Type: ParamType.Text or ParamType.Date or ParamType.DateTime or ParamType.Choice };

    // What is not JSON is meant as text; whether the Dag takes text there is the Dag's to say.
    static JsonNode? Parse(string value)
    {
        try
        {
            return JsonNode.Parse(value);
        }
        catch (JsonException)
        {
            return JsonValue.Create(value);
        }
    }
}
