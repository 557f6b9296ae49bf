using System.Globalization;
using System.Text.Json;

namespace Millrace.Kafka.Tests.Wire;

/// <summary>
/// A version of a message: the values of its fields, and its bytes as something that isn't ours wrote them.
/// <code>
///  FetchRequest
///  = {"MaxWaitMs":5, ...}     the values of the lines that follow
///  4-6 0005...                versions, bytes
///  12+ 0005...                the same values, with a tagged field that nobody knows at the end of each structure
/// </code>
/// </summary>
sealed record Golden(string Message, short Version, JsonElement Values, byte[] Bytes, bool HasUnknownTags)
{
    static readonly string folder = Path.Combine(AppContext.BaseDirectory, "Golden");

    internal static IReadOnlyList<Golden> All { get; } = [.. Directory.GetFiles(folder, "*.txt").Order(StringComparer.Ordinal).SelectMany(Read)];

    static IEnumerable<Golden> Read(string file)
    {
        var (message, values) = ("", default(JsonElement));
        foreach (var line in File.ReadLines(file))
        {
            if (line.StartsWith('='))
            {
                values = JsonElement.Parse(line[1..]);
                continue;
            }
            if (line.Split(' ') is not [var said, var hex])
            {
                message = line.Trim();
                continue;
            }
            var versions = said.TrimEnd('+').Split('-').Select(v => short.Parse(v, CultureInfo.InvariantCulture)).ToList();
            for (var version = versions[0]; version <= versions[^1]; version++)
                yield return new(message, version, values, Convert.FromHexString(hex), said.EndsWith('+'));
        }
    }

    public override string ToString() => $"{Message} {Version}{(HasUnknownTags ? "+" : "")}";
}
