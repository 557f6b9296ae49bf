using System.Globalization;

namespace Millrace.Data;

/// <summary>
/// <code>
/// type   = simple | decimal(p,s) | enum&lt;a|b&gt; | list&lt;item&gt; | struct&lt;a: item, b: item&gt; | map&lt;item, item&gt;
/// item   = type [?]            where ? says that null may stand there
/// name   = letters, digits, _  or  "any text" with quotes doubled
/// </code>
/// </summary>
sealed class TypeParser(string text)
{
    int at;

    internal DataType Whole()
    {
        var type = Type();
        Skip();
        return at == text.Length ? type : throw Wrong("the end");
    }

    /// <summary>A whole text that is an item: a type, perhaps with a question mark.</summary>
    internal Field Field(string name)
    {
        var field = Item(name);
        Skip();
        return at == text.Length ? field : throw Wrong("the end");
    }

    internal static string Quote(string name) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? name : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    DataType Type()
    {
        var word = Name();
        switch (word)
        {
            case "decimal":
                Expect('(');
                var precision = Number();
                Expect(',');
                var scale = Number();
                Expect(')');
                return DataType.Decimal(precision, scale);
            case "enum":
                return DataType.Enum(Between('|', Name));
            case "list":
                return new ListType(Between(',', () => Item("item")).Single());
            case "map":
                return Between(',', () => Item("value")) is [var key, var value]
                    ? new MapType(key with { Name = "key" }, value)
                    : throw Wrong("a key and a value");
            case "struct":
                return DataType.Struct(Between(',', () =>
                {
                    var name = Name();
                    Expect(':');
                    return Item(name);
                }));
            default:
                return Enum.TryParse<TypeKind>(word, ignoreCase: true, out var kind) && Simple(kind) is { } simple ? simple : throw Wrong("a type");
        }
    }

    static DataType? Simple(TypeKind kind) => kind switch
    {
        TypeKind.Null => DataType.Null,
        TypeKind.Boolean => DataType.Boolean,
        TypeKind.Int16 => DataType.Int16,
        TypeKind.Int32 => DataType.Int32,
        TypeKind.Int64 => DataType.Int64,
        TypeKind.Float32 => DataType.Float32,
        TypeKind.Float64 => DataType.Float64,
        TypeKind.Text => DataType.Text,
        TypeKind.Binary => DataType.Binary,
        TypeKind.Date => DataType.Date,
        TypeKind.Time => DataType.Time,
        TypeKind.Timestamp => DataType.Timestamp,
        TypeKind.Instant => DataType.Instant,
        TypeKind.Duration => DataType.Duration,
        TypeKind.Uuid => DataType.Uuid,
        _ => null,
    };

    Field Item(string name)
    {
        var type = Type();
        return new Field(name, type, Took('?'));
    }

    List<T> Between<T>(char separator, Func<T> one)
    {
        Expect('<');
        var all = new List<T>();
        if (Took('>')) return all;
        do all.Add(one());
        while (Took(separator));
        Expect('>');
        return all;
    }

    string Name()
    {
        Skip();
        var start = at;
        if (at < text.Length && text[at] == '"')
        {
            for (at++; at < text.Length; at++)
            {
                if (text[at] != '"') continue;
                if (at + 1 < text.Length && text[at + 1] == '"') at++;
                else return text[(start + 1)..at++].Replace("\"\"", "\"", StringComparison.Ordinal);
            }
            throw Wrong("a closing quote");
        }
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '_')) at++;
        return at > start ? text[start..at] : throw Wrong("a name");
    }

    int Number()
    {
        Skip();
        var start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        return at - start is > 0 and < 10 ? int.Parse(text[start..at], CultureInfo.InvariantCulture) : throw Wrong("a number");
    }

    void Expect(char c)
    {
        if (!Took(c)) throw Wrong($"'{c}'");
    }

    bool Took(char c)
    {
        Skip();
        if (at >= text.Length || text[at] != c) return false;
        at++;
        return true;
    }

    void Skip()
    {
        while (at < text.Length && text[at] == ' ') at++;
    }

    PlanException Wrong(string expected) => new($"'{text}' isn't a type: {expected} was expected at character {at + 1}.");
}
