using System.Text;

namespace Millrace.Data;

static class SnakeCase
{
    /// <summary><c>PlazaId</c> becomes <c>plaza_id</c>; what is no letter, digit or underscore becomes an underscore.</summary>
    internal static string Of(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        for (var i = 0; i < name.Length; i++)
        {
            var c = name[i];
            // A word begins at a capital behind a small letter, and at the last capital of several: HTTPPort is http_port.
            var begins = char.IsUpper(c) && i > 0 && char.IsLetterOrDigit(name[i - 1]) && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            if (begins) text.Append('_');
            text.Append(char.IsLetterOrDigit(c) ? char.ToLowerInvariant(c) : '_');
        }
        return text.ToString();
    }
}
