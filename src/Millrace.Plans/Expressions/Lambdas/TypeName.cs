namespace Millrace.Plans;

/// <summary>A type as C# writes it, for messages.</summary>
static class TypeName
{
    static readonly Dictionary<Type, string> keywords = new()
    {
        [typeof(bool)] = "bool", [typeof(byte)] = "byte", [typeof(sbyte)] = "sbyte", [typeof(short)] = "short", [typeof(ushort)] = "ushort",
        [typeof(int)] = "int", [typeof(uint)] = "uint", [typeof(long)] = "long", [typeof(ulong)] = "ulong", [typeof(float)] = "float",
        [typeof(double)] = "double", [typeof(decimal)] = "decimal", [typeof(char)] = "char", [typeof(string)] = "string", [typeof(object)] = "object",
    };

    internal static string Of(Type type) =>
        keywords.TryGetValue(type, out var keyword) ? keyword
        : Nullable.GetUnderlyingType(type) is { } bare ? $"{Of(bare)}?"
        : type.IsArray ? $"{Of(type.GetElementType()!)}[]"
        : type.IsGenericType && !type.Name.Contains("Anonymous", StringComparison.Ordinal) ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Of))}>"
        : type.IsGenericType ? "anonymous type" : type.Name;
}
