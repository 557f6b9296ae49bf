using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Millrace.Plans;

/// <summary>Plans as an indented tree: the last step first, below it where its rows come from.</summary>
static class PlanText
{
    internal static string Of(Relation plan)
    {
        var text = new StringBuilder();
        Append(text, plan, 0);
        return text.ToString();
    }

    static void Append(StringBuilder text, Relation step, int depth)
    {
        if (text.Length > 0) text.Append('\n');
        text.Append(' ', depth * 2).Append(Step(step));
        foreach (var input in step.Inputs) Append(text, input, depth + 1);
    }

    /// <summary>One step in one line, without its inputs.</summary>
    internal static string Step(Relation step) => step switch
    {
        Scan scan => $"scan {scan.Source.Kind}{(NameOf(scan.Source) is { } name ? $" {name}" : "")}{(scan.Columns is { } columns ? $": {Names(columns)}" : "")}",
        Filter filter => $"filter {filter.Condition}",
        Project project => $"project {Columns(project.Columns)}{(project.Rejects ? ", or reject" : "")}",
        Check check => $"check '{check.Rule}': {check.Condition}{(check.Fail ? ", or fail" : ", or reject")}",
        Sort sort => $"sort {Keys(sort.Keys)}",
        Limit limit => string.Create(CultureInfo.InvariantCulture, $"limit {(limit.Count is { } count ? count : "none")}{(limit.Skip > 0 ? $" skip {limit.Skip}" : "")}"),
        Sample sample => string.Create(CultureInfo.InvariantCulture, $"sample {sample.Share} seed {sample.Seed}"),
        Distinct => "distinct",
        Group group => $"group{(group.Keys.Count > 0 ? $" by {Columns(group.Keys)}" : "")}: {Columns(group.Values)}",
        Window window => $"window {Columns(window.Values)}",
        Join join => $"{Word(join.Kind)} join{On(join)}",
        SetOperation set => Word(set.Kind),
        Unpivot unpivot => $"unpivot {Names(unpivot.Columns)} into {ExprText.Name(unpivot.NameColumn)}, {ExprText.Name(unpivot.ValueColumn)}",
        Flatten flatten => $"flatten {ExprText.Name(flatten.Column)}{(flatten.KeepEmpty ? ", keep empty" : "")}",
        Compute compute => $"compute {Columns(compute.Columns)}",
        Rename rename => $"rename {string.Join(", ", rename.Names.Select(n => $"{ExprText.Name(n.From)} to {ExprText.Name(n.To)}"))}",
        Drop drop => $"drop {Names(drop.Columns)}",
        Reorder reorder => $"reorder {Names(reorder.First)}, ...",
        ConvertUnits convert => $"convert {ExprText.Name(convert.Column)} from {convert.From} to {convert.To}{(convert.As is { } name ? $" as {ExprText.Name(name)}" : "")}",
        Pivot pivot => $"pivot {ExprText.Name(pivot.On)} ({string.Join(", ", pivot.Values.Select(v => $"{ExprText.Name(v.Name)} = {v.Value}"))}) by {Names(pivot.Keys)}: {Columns(pivot.Aggregates)}",
        Nest nest => $"nest {(nest.Columns.Count > 0 ? Names(nest.Columns) : "all others")} as {ExprText.Name(nest.As)} by {Names(nest.Keys)}{Ordered(nest.OrderBy)}",
        Deduplicate one => $"deduplicate{(one.Keys.Count > 0 ? $" by {Names(one.Keys)}" : "")}, keep {Word(one.Keep)}{Ordered(one.OrderBy)}",
        DeduplicateNearly near => string.Create(CultureInfo.InvariantCulture, $"deduplicate {ExprText.Name(near.Column)} within {near.Distance} edits{(near.Block.Count > 0 ? $" by {Names(near.Block)}" : "")}{Ordered(near.OrderBy)}"),
        Fill fill => $"fill {Names(fill.Columns)} {(fill.With == FillWith.Value ? $"with {fill.Value}" : Word(fill.With))}{(fill.Within.Count > 0 ? $" within {Names(fill.Within)}" : "")}{Ordered(fill.OrderBy)}",
        Bin bin => $"bin {ExprText.Name(bin.Column)} as {ExprText.Name(bin.As)} by {(bin.By == BinBy.Edges ? $"edges {string.Join(", ", bin.Edges)}" : string.Create(CultureInfo.InvariantCulture, $"{bin.Count} {(bin.By == BinBy.Width ? "equal widths" : "quantiles")}"))}",
        SplitColumn split => $"split {ExprText.Name(split.Column)} by '{split.Separator}' into {Names(split.Into)}, mismatch {Word(split.Mismatch)}",
        ExtractColumns extract => $"extract from {ExprText.Name(extract.Column)} '{extract.Pattern}'{(extract.NullWithoutMatch ? ", or null" : ", or reject")}",
        Lookup lookup => $"lookup{(lookup.Name is { } name ? $" {name}" : "")} on {Pairs(lookup.Keys)}: {Columns(lookup.Take)}, miss {Word(lookup.Miss)}{(lookup.Defaults.Count > 0 ? $" {Columns(lookup.Defaults)}" : "")}",
        Query query => $"query {string.Join(' ', query.Sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))}",
        _ => step.GetType().Name,
    };

    // By what it was opened with, folders left aside: they say much and tell little.
    static string? NameOf(ISource source)
    {
        if (source.ToString() is { } own && own != source.GetType().ToString() && own != source.Kind) return own;
        var described = source.Describe();
        return Text("path") is { } path ? Path.GetFileName(path) : described?["paths"] is JsonArray { Count: > 0 } paths ? Path.GetFileName(paths[0]!.GetValue<string>()) : Text("table");

        string? Text(string member) => described?[member] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
    }

    static string On(Join join)
    {
        var parts = new List<string>();
        if (join.Keys.Count > 0) parts.Add(Pairs(join.Keys));
        if (join.AsOf is { } asOf) parts.Add($"{asOf.Left} at or after {asOf.Right}");
        if (join.Also is { } also) parts.Add(also.ToString());
        return parts.Count > 0 ? $" on {string.Join(" and ", parts)}" : "";
    }

    static string Pairs(IEnumerable<JoinKey> keys) => string.Join(" and ", keys.Select(k => $"{k.Left} = {k.Right}"));
    static string Columns(IEnumerable<NamedExpr> columns) => string.Join(", ", columns.Select(ExprText.Of));
    static string Keys(IEnumerable<SortKey> keys) => string.Join(", ", keys.Select(ExprText.Of));
    static string Ordered(Sequence<SortKey> keys) => keys.Count > 0 ? $" order by {Keys(keys)}" : "";
    static string Names(IEnumerable<string> names) => string.Join(", ", names.Select(ExprText.Name));
    static string Word<T>(T value) where T : struct, Enum => StepShape.SnakeCase(value.ToString()).Replace('_', ' ');
}
