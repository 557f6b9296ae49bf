using System.Collections;
using System.Collections.Immutable;

namespace Millrace.Data;

/// <summary>
/// Fields in order, their names unique. A name is found exactly as written; where none is, a field is found whose name
/// differs only in case and underscores (<c>PlazaId</c> finds <c>plaza_id</c>), so that C# and databases can each keep
/// their own habits.
/// </summary>
public sealed class Schema : IReadOnlyList<Field>, IEquatable<Schema>
{
    readonly ImmutableArray<Field> fields;
    readonly Dictionary<string, int> exact;
    readonly Lazy<Dictionary<string, int>> loose;

    public Schema(params IEnumerable<Field> fields)
    {
        this.fields = [.. fields];
        exact = new(this.fields.Length, StringComparer.Ordinal);
        for (var i = 0; i < this.fields.Length; i++)
        {
            if (!exact.TryAdd(this.fields[i].Name, i))
                throw new PlanException($"Two columns are named '{this.fields[i].Name}'. Rename one of them.");
        }
        loose = new(FindLoosely);
    }

    public static Schema Empty { get; } = new();

    public int Count => fields.Length;
    public Field this[int index] => fields[index];
    public Field this[string name] => fields[IndexOf(name)];
    public IEnumerable<string> Names => fields.Select(f => f.Name);

    /// <exception cref="PlanException">No field has that name; the message says which there are.</exception>
    public int IndexOf(string name) =>
        TryIndexOf(name, out var index)
            ? index
            : throw new PlanException($"There is no column '{name}'. The columns are {string.Join(", ", Names)}.");

    public bool TryIndexOf(string name, out int index) =>
        exact.TryGetValue(name, out index) || (loose.Value.TryGetValue(Folded(name), out index) && index >= 0);

    public bool Contains(string name) => TryIndexOf(name, out _);

    public Schema Select(IEnumerable<string> names) => new(names.Select(n => this[n]));

    public bool Equals(Schema? other) => other is not null && fields.AsSpan().SequenceEqual(other.fields.AsSpan());
    public override bool Equals(object? obj) => Equals(obj as Schema);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var field in fields) hash.Add(field);
        return hash.ToHashCode();
    }

    public override string ToString() => string.Join(", ", fields);

    public ImmutableArray<Field>.Enumerator GetEnumerator() => fields.GetEnumerator();
    IEnumerator<Field> IEnumerable<Field>.GetEnumerator() => ((IEnumerable<Field>)fields).GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable)fields).GetEnumerator();

    Dictionary<string, int> FindLoosely()
    {
        var found = new Dictionary<string, int>(fields.Length, StringComparer.Ordinal);
        for (var i = 0; i < fields.Length; i++)
        {
            // Two fields that fold to one name are found by neither's loose spelling.
            if (!found.TryAdd(Folded(fields[i].Name), i)) found[Folded(fields[i].Name)] = -1;
        }
        return found;
    }

    static string Folded(string name) => name.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();
}
