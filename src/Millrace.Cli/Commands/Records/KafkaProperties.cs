namespace Millrace.Cli.Commands;

/// <summary>What Apache Kafka's console tools take as <c>--property name=value</c>. What they don't know is refused: a separator with a typo would change the records.</summary>
sealed class KafkaProperties
{
    readonly Dictionary<string, string> values;

    internal KafkaProperties(string[]? given, params string[] known)
    {
        values = Assignments.ReadAll("--property", given);
        if (values.Keys.FirstOrDefault(k => !known.Contains(k)) is { } strange) throw new UserErrorException($"--property {strange} is not known here. Known are {string.Join(", ", known)}.");
    }

    internal bool Is(string name, bool otherwise = false) => values.TryGetValue(name, out var text)
        ? bool.TryParse(text, out var yes) ? yes : throw new UserErrorException($"--property {name} is '{text}'. Give true or false.")
        : otherwise;

    internal string Text(string name, string otherwise) => values.GetValueOrDefault(name, otherwise);

    internal string? Text(string name) => values.GetValueOrDefault(name);
}
