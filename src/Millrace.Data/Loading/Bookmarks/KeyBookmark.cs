using System.Text.Json.Nodes;
using Millrace.Plans;

namespace Millrace.Data;

sealed class KeyBookmark(string column, string name) : Bookmark(name)
{
    internal override BookmarkProgress Begin(Schema schema, IReadOnlyList<string> key, string? state)
    {
        var field = schema[column];
        if (field.Type.IsNested || field.Type.Kind is TypeKind.Binary or TypeKind.Boolean)
            throw new LoadException($"'{field.Name}' is {field.Type}, which doesn't grow: a bookmark needs a number, a time or a text that does.");
        var progress = new KeyProgress(field, key);
        if (state is not null) progress.Resume(JsonNode.Parse(state)!.AsObject());
        return progress;
    }
}

/// <summary>State: <c>{"value": "2026-01-31", "at": [...], "blank": [...]}</c>, the rows that have that value and those that have none, as <see cref="SeenRows"/> keeps them.</summary>
sealed class KeyProgress : BookmarkProgress
{
    readonly Field field;
    readonly SeenRows ties, blanks;
    object? from, max;

    internal KeyProgress(Field field, IReadOnlyList<string> key)
    {
        (this.field, ties, blanks) = (field, new SeenRows(key), new SeenRows(key));
        // They are of one value, so that they don't grow without an end; and one that is gone for a load may come back.
        ties.KeepAll();
    }

    internal void Resume(JsonObject state)
    {
        if (state["value"]?.GetValue<string>() is { } text)
        {
            from = max = AsStored(ValueFit.Try(text, field.Type))
                ?? throw new LoadException($"The bookmark stands at '{text}', and '{field.Name}' is {field.Type} now. Load once with another bookmark name to begin anew.");
        }
        ties.Resume(Texts(state["at"]));
        blanks.Resume(Texts(state["blank"]));
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
                ties.StartOver();
            }
            var isNew = value is null ? blanks.IsNew(batch, row)
                : order >= 0 ? ties.IsNew(batch, row)
                : from is null || Compare(value, from) != 0 || !ties.Had(batch, row);
            if (!isNew) continue;
            kept.Add(row);
        }
        return Keep(batch, kept);
    }

    internal override string State => new JsonObject
    {
        ["value"] = max is null ? null : ClrValue.Display(max),
        ["at"] = List(ties),
        ["blank"] = List(blanks),
    }.ToJsonString();

    // As a column of that type gives it: an int where the text was read as a long.
    object? AsStored(object? value)
    {
        var one = ColumnBuilder.For(field.Type);
        one.AddValue(value);
        return one.Build().ValueAt(0);
    }

    static JsonArray List(SeenRows rows) => [.. rows.State.Select(r => JsonValue.Create(r))];

    static IEnumerable<string> Texts(JsonNode? list) => list is null ? [] : list.AsArray().Select(r => r!.GetValue<string>());

    static int Compare(object a, object b) => a is string x && b is string y ? string.CompareOrdinal(x, y) : Comparer<object>.Default.Compare(a, b);
}
