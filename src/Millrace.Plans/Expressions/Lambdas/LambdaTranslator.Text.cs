using System.Linq.Expressions;
using System.Text.RegularExpressions;

namespace Millrace.Plans;

sealed partial class LambdaTranslator
{
    Expr? Text(MethodCallExpression node)
    {
        var name = node.Method.Name;
        if (node.Object is null) return StaticText(name, node);
        var arguments = node.Arguments.Where(a => a.Type != typeof(StringComparison)).ToList();
        var ignoresCase = false;
        if (node.Arguments.FirstOrDefault(a => a.Type == typeof(StringComparison)) is { } how)
        {
            if (!LambdaConstant.Is(how)) return null;
            ignoresCase = LambdaConstant.Of(how) is StringComparison.OrdinalIgnoreCase or StringComparison.InvariantCultureIgnoreCase or StringComparison.CurrentCultureIgnoreCase;
        }
        if (arguments.Any(a => a.Type == typeof(System.Globalization.CultureInfo) || a.Type == typeof(System.Text.Rune))) return null;
        var function = (name, arguments.Count) switch
        {
            (nameof(string.ToUpper) or nameof(string.ToUpperInvariant), 0) => Functions.Upper,
            (nameof(string.ToLower) or nameof(string.ToLowerInvariant), 0) => Functions.Lower,
            (nameof(string.Trim), 0) => Functions.Trim,
            (nameof(string.TrimStart), 0) => Functions.TrimStart,
            (nameof(string.TrimEnd), 0) => Functions.TrimEnd,
            (nameof(string.Contains), 1) => Functions.Contains,
            (nameof(string.StartsWith), 1) => Functions.StartsWith,
            (nameof(string.EndsWith), 1) => Functions.EndsWith,
            (nameof(string.Equals), 1) => Functions.Equals,
            (nameof(string.IndexOf), 1) => Functions.IndexOf,
            (nameof(string.Substring), 1 or 2) => Functions.Substring,
            (nameof(string.Replace), 2) when !ignoresCase => Functions.Replace,
            (nameof(string.PadLeft), 1 or 2) => Functions.PadLeft,
            (nameof(string.PadRight), 1 or 2) => Functions.PadRight,
            ("get_Chars", 1) => Functions.Substring,
            (nameof(ToString), 0) => null,
            _ => null,
        };
        if (name == nameof(ToString) && arguments.Count == 0) return Visit(node.Object);
        if (name == nameof(string.Split)) return Separator(node) is { } separator && Visit(node.Object) is { } whole ? Call(Functions.Split, whole, LiteralExpr.Of(separator)) : null;
        if (function is null || Visit(node.Object) is not { } text) return null;
        var values = arguments.Select(Visit).ToList();
        if (values.Contains(null)) return null;
        if (ignoresCase)
        {
            text = Call(Functions.Lower, text);
            values = [.. values.Select(v => v is LiteralExpr { Value: string s } ? LiteralExpr.Of(s.ToLowerInvariant()) : (Expr)Call(Functions.Lower, v!))];
        }
        if (name == "get_Chars") values.Add(LiteralExpr.Of(1));
        if (values.Count == 1 && (function == Functions.PadLeft || function == Functions.PadRight)) values.Add(LiteralExpr.Of(" "));
        var call = Call(function, [text, .. values!]);
        return TypeOf(call) is null ? null : call;
    }

    Expr? StaticText(string name, MethodCallExpression node)
    {
        switch (name)
        {
            case nameof(string.IsNullOrEmpty):
                return Visit(node.Arguments[0]) is { } text ? Call(Functions.Or, Call(Functions.IsNull, text), Call(Functions.Equals, text, LiteralExpr.Of(""))) : null;
            case nameof(string.IsNullOrWhiteSpace):
                return Visit(node.Arguments[0]) is { } blank ? Call(Functions.Or, Call(Functions.IsNull, blank), Call(Functions.Equals, Call(Functions.Trim, blank), LiteralExpr.Of(""))) : null;
            case nameof(string.Concat) when node.Method.GetParameters().All(p => p.ParameterType == typeof(string) || p.ParameterType == typeof(object) || p.ParameterType == typeof(string[]) || p.ParameterType == typeof(object[])):
                return Joined(node.Arguments is [NewArrayExpression array] ? array.Expressions : node.Arguments);
            case nameof(string.Equals) when node.Arguments.Count == 2:
                return Visit(node.Arguments[0]) is { } left && Visit(node.Arguments[1]) is { } right ? NullTest.OrComparison(Functions.Equals, left, right) : null;
            case nameof(string.Format) when node.Arguments[0].Type == typeof(string) && LambdaConstant.Of(node.Arguments[0]) is string format:
                return Formatted(format, node.Arguments is [_, NewArrayExpression holes] ? [.. holes.Expressions] : [.. node.Arguments.Skip(1)]);
            default:
                return null;
        }
    }

    // $"{r.First} {r.At:yyyy-MM}" is such a format. Holes with an alignment, or with a format for what is no time, stay C#'s.
    CallExpr? Formatted(string format, IReadOnlyList<Expression> holes)
    {
        var parts = new List<Expression>();
        var at = 0;
        foreach (Match hole in Hole().Matches(format))
        {
            if (hole.Index > at) parts.Add(Expression.Constant(Literal(format[at..hole.Index])));
            at = hole.Index + hole.Length;
            var (place, form) = hole.Groups[1].Value.Split(':', 2) is [var number, var after] ? (number, after) : (hole.Groups[1].Value, null);
            if (!int.TryParse(place, out var index)) return null;
            if (form is null) parts.Add(holes[index]);
            else if (WithFormat(Stripped(holes[index]), form) is { } written) parts.Add(written);
            else return null;
        }
        if (at < format.Length) parts.Add(Expression.Constant(Literal(format[at..])));
        return Joined(parts);

        static string Literal(string text) => text.Replace("{{", "{", StringComparison.Ordinal).Replace("}}", "}", StringComparison.Ordinal);
    }

    CallExpr? Joined(IEnumerable<Expression> parts)
    {
        var texts = parts.Select(p => Visit(AsText(p))).ToList();
        return texts.Contains(null) ? null : Call(Functions.Concat, [.. texts!]);
    }

    [GeneratedRegex(@"(?<!\{)\{(?!\{)([^}]*)\}")]
    private static partial Regex Hole();
}
