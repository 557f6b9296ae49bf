namespace Millrace.Data;

/// <summary>A table's name, perhaps with its schema before it: <c>stats</c>, <c>mart.stats</c>, <c>"My Schema"."My.Table"</c>.</summary>
sealed record TableName(string? Schema, string Name)
{
    internal static TableName Parse(string text)
    {
        var parts = new List<string>();
        for (var at = 0; at <= text.Length; at++)
        {
            var end = at < text.Length && text[at] == '"' ? EndOfQuoted(text, at) : text.IndexOf('.', at);
            if (end < 0) end = text.Length;
            parts.Add(text[at..end] is ['"', .. var inner, '"'] ? inner.Replace("\"\"", "\"", StringComparison.Ordinal) : text[at..end]);
            if (end < text.Length && text[end] != '.') parts.Add("");
            at = end;
        }
        return parts switch
        {
            [{ Length: > 0 } name] => new(null, name),
            [{ Length: > 0 } schema, { Length: > 0 } name] => new(schema, name),
            _ => throw new ArgumentException($"'{text}' doesn't name a table. Write name or schema.name, in double quotes where a name has dots.", nameof(text)),
        };
    }

    /// <summary>As it stands in SQL.</summary>
    internal string Sql => Schema is null ? Quote(Name) : $"{Quote(Schema)}.{Quote(Name)}";

    internal TableName Beside(string name) => this with { Name = name };

    internal static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public override string ToString() => Schema is null ? Name : $"{Schema}.{Name}";

    static int EndOfQuoted(string text, int start)
    {
        for (var at = start + 1; at < text.Length; at++)
        {
            if (text[at] != '"') continue;
            if (at + 1 < text.Length && text[at + 1] == '"') at++;
            else return at + 1;
        }
        return text.Length;
    }
}
