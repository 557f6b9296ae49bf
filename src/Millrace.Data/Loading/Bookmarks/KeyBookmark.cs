using System.Globalization;
using System.Text.Json.Nodes;
using Millrace.Plans;

namespace Millrace.Data;

sealed class KeyBookmark(string column, string name) : Bookmark(name)
{
    internal override BookmarkProgress Begin(Schema schema, string? state)
    {
        var field = schema[column];
        if (field.Type.IsNested || field.Type.Kind is TypeKind.Binary or TypeKind.Boolean)
            throw new LoadException($"'{field.Name}' is {field.Type}, which doesn't grow: a bookmark needs a number, a time or a text that does.");
        var progress = new KeyProgress(field);
        if (state is not null) progress.Resume(JsonNode.Parse(state)!.AsObject());
        return progress;
    }
}

/// <summary>State: <c>{"value": "2026-01-31", "at": ["hash", ...]}</c>, the hashes of the rows that have that value or none.</summary>
sealed class KeyProgress(Field field) : BookmarkProgress
{
    readonly HashSet<UInt128> loaded = [], ties = [], blanks = [];
    object? from, max;

    internal void Resume(JsonObject state)
    {
        if (state["value"]?.GetValue<string>() is { } text)
        {
            from = max = AsStored(ValueFit.Try(text, field.Type))
                ?? throw new LoadException($"The bookmark stands at '{text}', and '{field.Name}' is {field.Type} now. Load once with another bookmark name to begin anew.");
        }
        foreach (var hash in Hashes(state["at"]))
        {
            loaded.Add(hash);
            ties.Add(hash);
        }
        foreach (var hash in Hashes(state["blank"]))
        {
            loaded.Add(hash);
            blanks.Add(hash);
        }
    }

    // Rows without a value are read each time: they might be new, and only their content says.
    internal override Relation Past(Relation plan) => from is null ? plan : new Filter(plan, new CallExpr(Functions.Or, [
        new CallExpr(Functions.GreaterOrEqual, [new ColumnExpr(field.Name), new LiteralExpr(from, field.Type)]),
        new CallExpr(Functions.IsNull, [new ColumnExpr(field.Name)])]));

    internal override Batch Follow(Batch batch)
    {
        var column = batch[field.Name];
        var kept = new List<int>(batch.Count);
        for (var row = 0; row < batch.Count; row++)
        {
            var value = column.ValueAt(row);
            var order = value is null ? 0 : max is null ? 1 : Compare(value, max);
            if (order > 0)
            {
                max = value;
                ties.Clear();
            }
            if (value is null || order >= 0 || (from is not null && Compare(value, from) == 0))
            {
                var hash = RowHash.Of(batch, row);
                if (loaded.Contains(hash)) continue;
                if (value is null) blanks.Add(hash);
                else if (order >= 0) ties.Add(hash);
            }
            kept.Add(row);
        }
        return Keep(batch, kept);
    }

    internal override string State => new JsonObject
    {
        ["value"] = max is null ? null : ClrValue.Display(max),
        ["at"] = Texts(ties),
        ["blank"] = Texts(blanks),
    }.ToJsonString();

    // As a column of that type gives it: an int where the text was read as a long.
    object? AsStored(object? value)
    {
        var one = ColumnBuilder.For(field.Type);
        one.AddValue(value);
        return one.Build().ValueAt(0);
    }

    static JsonArray Texts(IEnumerable<UInt128> hashes) => [.. hashes.Select(h => JsonValue.Create(h.ToString("x32", CultureInfo.InvariantCulture)))];

    static IEnumerable<UInt128> Hashes(JsonNode? list) =>
        list is null ? [] : list.AsArray().Select(h => UInt128.Parse(h!.GetValue<string>(), NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    static int Compare(object a, object b) => a is string x && b is string y ? string.CompareOrdinal(x, y) : Comparer<object>.Default.Compare(a, b);
}
