using System.Reflection;
using System.Text.Json.Nodes;

namespace Millrace.Plans;

/// <summary>Reads what <see cref="PlanWriter"/> wrote.</summary>
sealed class PlanReader(PlanParts parts)
{
    static readonly MethodInfo sequence = typeof(PlanReader).GetMethod(nameof(SequenceOf), BindingFlags.Instance | BindingFlags.NonPublic)!;

    readonly List<ISource> sources = [];
    readonly List<Relation> steps = [];

    internal Relation Read(JsonNode? json)
    {
        var plan = new JsonMembers(json, "$");
        var version = plan.Value<int>("millrace");
        if (version != PlanJson.Version)
            throw JsonMembers.Wrong("$.millrace", $"this Millrace reads version {PlanJson.Version} of the format, and it is {version}");
        foreach (var (node, path) in Items(plan.Take("sources"), "$.sources")) sources.Add(Source(new JsonMembers(node, path)));
        foreach (var (node, path) in Items(plan.Take("steps"), "$.steps")) steps.Add(Step(new JsonMembers(node, path)));
        plan.Done("a plan");
        return steps.Count > 0 ? steps[^1] : throw JsonMembers.Wrong("$.steps", "a plan has at least one step");
    }

    ISource Source(JsonMembers source)
    {
        var kind = source.Value<string>("kind");
        var schema = Columns(source.Take("columns"), source.PathOf("columns"));
        var from = source.Has("from") ? source.Take("from") as JsonObject ?? throw JsonMembers.Wrong(source.PathOf("from"), "an object was expected") : null;
        source.Optional("from");
        source.Done("a source");
        return (from is null ? null : parts.Source?.Invoke(kind, from)) ?? new DescribedSource(kind, schema, from);
    }

    static Schema Columns(JsonNode? node, string path)
    {
        var columns = new JsonMembers(node, path);
        return new Schema(columns.All().Select(c => Guarded(columns.PathOf(c.Name), () => new TypeParser(JsonMembers.ValueOf<string>(c.Value, columns.PathOf(c.Name))).Field(c.Name))));
    }

    Relation Step(JsonMembers step)
    {
        var name = step.Value<string>("step");
        var shape = StepShape.Find(name)
            ?? throw JsonMembers.Wrong(step.PathOf("step"), $"there is no step '{name}'. The steps are {string.Join(", ", StepShape.Steps.Select(s => s.Name))}");
        var made = (Relation)Record(step, shape, $"the step '{name}'");
        // Its types are checked where it stands, so that the message says where.
        return Guarded(step.Path, () => made.Schema is null ? made : made);
    }

    object Record(JsonMembers members, StepShape shape, string what)
    {
        var values = shape.Members.Select(m => m.Optional && !Mentions(members, m.Name) ? m.Default : Any(members.Take(m.Name), m.Type, members.PathOf(m.Name))).ToArray();
        members.Done(what);
        return Guarded(members.Path, () => shape.Make(values));
    }

    // Told to the members even where it is left out, for the message that lists them.
    static bool Mentions(JsonMembers members, string name)
    {
        members.Optional(name);
        return members.Has(name);
    }

    object? Any(JsonNode? node, Type type, string path)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        if (node is null) return bare == type && type.IsValueType ? throw JsonMembers.Wrong(path, "null can't stand here") : null;
        if (type == typeof(Relation)) return Earlier(node, steps, path, "steps");
        if (type == typeof(ISource)) return Earlier(node, sources, path, "sources");
        if (type == typeof(LiteralExpr)) return Expression(node, path) as LiteralExpr ?? throw JsonMembers.Wrong(path, "a constant was expected");
        if (type == typeof(Schema)) return Columns(node, path);
        if (type == typeof(Expr)) return Expression(node, path);
        if (bare == typeof(string)) return JsonMembers.ValueOf<string>(node, path);
        if (bare == typeof(bool)) return JsonMembers.ValueOf<bool>(node, path);
        if (bare == typeof(int)) return JsonMembers.ValueOf<int>(node, path);
        if (bare == typeof(long)) return JsonMembers.ValueOf<long>(node, path);
        if (bare == typeof(double)) return JsonMembers.ValueOf<double>(node, path);
        if (bare.IsEnum) return Word(bare, node, path);
        if (bare.IsGenericType && bare.GetGenericTypeDefinition() == typeof(Sequence<>))
            return sequence.MakeGenericMethod(bare.GetGenericArguments()).Invoke(this, BindingFlags.DoNotWrapExceptions, null, [node, path], null);
        return Record(new JsonMembers(node, path), StepShape.Of(bare), $"a {StepShape.SnakeCase(bare.Name).Replace('_', ' ')}");
    }

    Sequence<T> SequenceOf<T>(JsonNode node, string path) => Items(node, path).Select(i => (T)Any(i.Node, typeof(T), i.Path)!).ToSequence();

    static T Earlier<T>(JsonNode node, List<T> known, string path, string what)
    {
        var at = JsonMembers.ValueOf<int>(node, path);
        return at >= 0 && at < known.Count ? known[at] : throw JsonMembers.Wrong(path, $"{at} is none of the {what} before it, of which there are {known.Count}");
    }

    static object Word(Type type, JsonNode node, string path)
    {
        var word = JsonMembers.ValueOf<string>(node, path);
        var names = Enum.GetNames(type);
        var at = Array.FindIndex(names, n => StepShape.SnakeCase(n) == word);
        return at >= 0
            ? Enum.Parse(type, names[at])
            : throw JsonMembers.Wrong(path, $"'{word}' is none of {string.Join(", ", names.Select(StepShape.SnakeCase))}");
    }

    Sequence<T> Parts<T>(JsonMembers of, string name) => of.Has(name) ? SequenceOf<T>(of.Take(name)!, of.PathOf(name)) : Missing<T>(of, name);

    static Sequence<T> Missing<T>(JsonMembers of, string name)
    {
        of.Optional(name);
        return [];
    }

    Expr Expression(JsonNode? node, string path)
    {
        var of = new JsonMembers(node, path);
        var (expr, what) = Guarded(path, () => Expression(of));
        of.Done(what);
        return expr;
    }

    (Expr, string) Expression(JsonMembers of)
    {
        if (of.Has("column")) return (new ColumnExpr(of.Value<string>("column")), "a column");
        if (of.Has("call")) return (new CallExpr(Functions.Named(of.Value<string>("call")), Parts<Expr>(of, "arguments")), "a call");
        if (of.Has("cast")) return (new CastExpr(Inner(of, "cast"), Type(of, "to"), Flag(of, "strict", true), Flag(of, "rounds", true)), "a cast");
        if (of.Has("case")) return (new CaseExpr(Parts<CaseBranch>(of, "case"), Inner(of, "else")), "a case");
        if (of.Has("struct")) return (new StructExpr(Parts<NamedExpr>(of, "struct")), "a struct");
        if (of.Has("rank")) return (new RankExpr((RankKind)Word(typeof(RankKind), of.Take("rank")!, of.PathOf("rank")), Parts<Expr>(of, "arguments")), "a rank");
        if (of.Has("callback")) return (Callback(of), "a callback");
        if (of.Has("aggregate"))
        {
            var aggregate = Aggregate.Named(of.Value<string>("aggregate"));
            return (new AggregateExpr(aggregate, Parts<Expr>(of, "arguments"), Flag(of, "distinct", false), Any(of.Optional("where"), typeof(Expr), of.PathOf("where")) as Expr, Parts<SortKey>(of, "order_by")), "an aggregate");
        }
        if (of.Has("window"))
        {
            var frame = Any(of.Optional("frame"), typeof(WindowFrame), of.PathOf("frame")) as WindowFrame;
            return (new WindowExpr(Inner(of, "window"), Parts<Expr>(of, "partition_by"), Parts<SortKey>(of, "order_by"), frame), "a window");
        }
        if (of.Has("type"))
        {
            var type = Type(of, "type");
            var value = of.Take("value");
            try
            {
                return (new LiteralExpr(value is null ? null : JsonLiteral.Read(value, type), type), "a constant");
            }
            catch (FormatException e)
            {
                throw JsonMembers.Wrong(of.PathOf("value"), e.Message.TrimEnd('.'), e);
            }
        }
        throw JsonMembers.Wrong(of.Path, "no expression has these members. Its first says what it is: column, value, call, cast, case, struct, callback, aggregate, window or rank");
    }

    CallbackExpr Callback(JsonMembers of)
    {
        var name = of.Value<string>("callback");
        var (type, nullable, nulls, arguments) = (Type(of, "type"), Flag(of, "nullable", true), Flag(of, "sees_nulls", true), Parts<Expr>(of, "arguments"));
        var callback = parts.Callback?.Invoke(name)
            ?? throw JsonMembers.Wrong(of.Path, $"the plan calls the C# function '{name}', which a file can't hold. Give the reader the function by this name (PlanParts.Callback), or say it in functions of the catalogue");
        return callback.Type == type && callback.Nullable == nullable && callback.SeesNulls == nulls
            ? new CallbackExpr(callback, arguments)
            : throw JsonMembers.Wrong(of.Path, $"the C# function '{name}' was given with the type {callback.Type} (nullable: {callback.Nullable}, sees nulls: {callback.SeesNulls}), and the plan has it with {type} ({nullable}, {nulls})");
    }

    Expr Inner(JsonMembers of, string name) => Expression(of.Take(name), of.PathOf(name));

    static bool Flag(JsonMembers of, string name, bool otherwise)
    {
        of.Optional(name);
        return of.Value(name, otherwise);
    }

    static DataType Type(JsonMembers of, string name) => Guarded(of.PathOf(name), () => DataType.Parse(of.Value<string>(name)));

    static IEnumerable<(JsonNode? Node, string Path)> Items(JsonNode? node, string path) =>
        (node as JsonArray ?? throw JsonMembers.Wrong(path, "a list was expected")).Select((n, i) => (n, $"{path}[{i}]"));

    // Whatever else is wrong with a part is told with its place, once.
    static T Guarded<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is PlanException or ArgumentException && !e.Message.StartsWith("The plan can't be read", StringComparison.Ordinal))
        {
            throw JsonMembers.Wrong(path, e.Message.TrimEnd('.'), e);
        }
    }
}
