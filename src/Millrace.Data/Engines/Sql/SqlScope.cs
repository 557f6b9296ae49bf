namespace Millrace.Data;

/// <summary>The columns that an expression may name, and how SQL names each.</summary>
sealed class SqlScope(Schema schema, Func<int, string> column)
{
    internal SqlScope(Schema schema, string? table = null)
        : this(schema, at => table is null ? Quote(schema[at].Name) : $"{table}.{Quote(schema[at].Name)}") { }

    internal Schema Schema => schema;
    internal string Column(string name) => column(schema.IndexOf(name));

    internal static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
