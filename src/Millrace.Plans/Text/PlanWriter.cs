using System.Collections;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Millrace.Plans;

/// <summary>Writes a plan as JSON: docs/formats.md draws it.</summary>
sealed class PlanWriter
{
    // For a file and not for a web page: `<` stays `<`.
    static readonly JsonSerializerOptions readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly List<ISource> sources = [];
    readonly Dictionary<Relation, int> places = new(ReferenceEqualityComparer.Instance);
    readonly List<JsonObject> steps = [];

    internal string Write(Relation plan)
    {
        Place(plan);
        return $$"""
            {
              "millrace": {{PlanJson.Version}},
              "sources": [
                {{Lines(sources.Select(Source))}}
              ],
              "steps": [
                {{Lines(steps)}}
              ]
            }

            """;
    }

    // One to a line, so that a change of a plan is a change of few lines.
    static string Lines(IEnumerable<JsonObject> objects) => string.Join(",\n    ", objects.Select(o => o.ToJsonString(readable)));

    static JsonObject Source(ISource source)
    {
        var written = new JsonObject
        {
            ["kind"] = source.Kind,
            ["columns"] = Columns(source.Schema),
        };
        if (source.Describe() is { } described) written["from"] = described.DeepClone();
        return written;
    }

    static JsonObject Columns(Schema schema) => new(schema.Select(f => KeyValuePair.Create(f.Name, (JsonNode?)f.TypeText)));

    int Place(Relation step)
    {
        if (places.TryGetValue(step, out var place)) return place;
        var shape = StepShape.Of(step.GetType());
        var written = new JsonObject { ["step"] = shape.Name };
        foreach (var member in shape.Members)
        {
            var value = member.Of(step);
            if (!member.Optional || !Equals(value, member.Default)) written[member.Name] = Any(value);
        }
        steps.Add(written);
        return places[step] = steps.Count - 1;
    }

    JsonNode? Any(object? value) => value switch
    {
        null => null,
        Relation input => Place(input),
        ISource source => Source(source, sources),
        Expr expr => Expression(expr),
        Schema columns => Columns(columns),
        string text => text,
        bool b => b,
        int i => i,
        long l => l,
        double d => d,
        System.Enum named => StepShape.SnakeCase(named.ToString()),
        IEnumerable items => new JsonArray([.. items.Cast<object>().Select(Any)]),
        _ => Part(value),
    };

    static int Source(ISource source, List<ISource> sources)
    {
        var at = sources.IndexOf(source);
        if (at >= 0) return at;
        sources.Add(source);
        return sources.Count - 1;
    }

    JsonObject Part(object part)
    {
        var written = new JsonObject();
        foreach (var member in StepShape.Of(part.GetType()).Members)
        {
            var value = member.Of(part);
            if (!member.Optional || !Equals(value, member.Default)) written[member.Name] = Any(value);
        }
        return written;
    }

    JsonObject Expression(Expr expr)
    {
        switch (expr)
        {
            case ColumnExpr column:
                return new() { ["column"] = column.Name };
            case LiteralExpr literal:
                return new() { ["value"] = JsonLiteral.Write(literal.Value, literal.Type), ["type"] = literal.Type.ToString() };
            case CallExpr call:
                return new() { ["call"] = call.Function.Name, ["arguments"] = Any(call.Arguments) };
            case CastExpr cast:
                var to = new JsonObject { ["cast"] = Any(cast.Value), ["to"] = cast.To.ToString() };
                if (!cast.Strict) to["strict"] = false;
                if (!cast.Rounds) to["rounds"] = false;
                return to;
            case CaseExpr choice:
                return new() { ["case"] = Any(choice.Branches), ["else"] = Any(choice.Else) };
            case StructExpr made:
                return new() { ["struct"] = Any(made.Fields) };
            case RankExpr rank:
                return new() { ["rank"] = StepShape.SnakeCase(rank.Kind.ToString()), ["arguments"] = Any(rank.Arguments) };
            case CallbackExpr { Callback: var c } callback:
                return new()
                {
                    ["callback"] = c.Name, ["type"] = c.Type.ToString(), ["nullable"] = c.Nullable, ["sees_nulls"] = c.SeesNulls, ["arguments"] = Any(callback.Arguments),
                };
            case AggregateExpr aggregate:
                var over = new JsonObject { ["aggregate"] = aggregate.Aggregate.Name, ["arguments"] = Any(aggregate.Arguments) };
                if (aggregate.Distinct) over["distinct"] = true;
                if (aggregate.Where is not null) over["where"] = Any(aggregate.Where);
                if (aggregate.OrderBy.Count > 0) over["order_by"] = Any(aggregate.OrderBy);
                return over;
            case WindowExpr window:
                var near = new JsonObject { ["window"] = Any(window.Value) };
                if (window.PartitionBy.Count > 0) near["partition_by"] = Any(window.PartitionBy);
                if (window.OrderBy.Count > 0) near["order_by"] = Any(window.OrderBy);
                if (window.Frame is not null) near["frame"] = Any(window.Frame);
                return near;
            default:
                throw new PlanException($"A {expr.GetType().Name} can't be written as JSON.");
        }
    }
}
