using Millrace.Kafka;

namespace Millrace.Cli.Commands;

/// <summary>Settings as they are typed: <c>name=value</c>.</summary>
static class Assignments
{
    internal static IEnumerable<(string Name, string Value)> Read(string option, string[]? given)
    {
        foreach (var one in given ?? [])
        {
            var equals = one.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) throw new UserErrorException($"{option} {one}: write a setting as name=value.");
            yield return (one[..equals], one[(equals + 1)..]);
        }
    }

    internal static Dictionary<string, string> ReadAll(string option, string[]? given)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in Read(option, given)) all[name] = value;
        return all;
    }

    internal static IEnumerable<ConfigChange> Changes(string[]? set, string[]? reset, string setOption) =>
        Read(setOption, set).Select(s => ConfigChange.Set(s.Name, s.Value)).Concat((reset ?? []).Select(ConfigChange.Reset));
}
