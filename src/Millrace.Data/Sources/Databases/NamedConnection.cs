namespace Millrace.Data;

/// <summary>Connections by name: what they are stands in the environment, so that no plan and no code holds a password.</summary>
static class NamedConnection
{
    internal static string VariableOf(string name) =>
        "MILLRACE_CONNECTION_" + string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_'));

    internal static string? TryFind(string name) => Environment.GetEnvironmentVariable(VariableOf(name)) is { Length: > 0 } found ? found : null;

    internal static string Find(string name) => TryFind(name)
        ?? throw new DatabaseException($"The connection '{name}' isn't known. Set {VariableOf(name)} to its connection string, or connect in code with Connect(...).");
}
