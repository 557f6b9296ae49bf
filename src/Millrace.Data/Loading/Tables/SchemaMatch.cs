using System.Text;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>A column of the load and where it goes.</summary>
/// <param name="From">Its place in the load's schema.</param>
/// <param name="Staged">As it is staged: the load's type, or the table's where values are fitted one by one.</param>
/// <param name="Type">The table's type after the load, in its database's words.</param>
/// <param name="Misfits">What happens to values that the column can't hold, where Evolve and Freeze end the load; null where it holds all.</param>
/// <param name="Length">The characters that it holds, where that is looked at.</param>
sealed record MatchedColumn(int From, Field Staged, DataType Target, string Type, bool Nullable, OnChange? Misfits, int? Length = null);

/// <summary>How rows of one shape go into a table of another: which column where, and what changes about the table.</summary>
sealed class SchemaMatch
{
    readonly List<MatchedColumn> columns = [];
    readonly List<Field> added = [];
    readonly List<(string Name, DataType Type)> widened = [];
    readonly List<string> refused = [], diff = [];
    readonly Dictionary<int, string> dropped = [];

    SchemaMatch(bool isNew) => IsNew = isNew;

    internal bool IsNew { get; }
    internal IReadOnlyList<MatchedColumn> Columns => columns;
    internal IReadOnlyList<Field> Added => added;
    internal IReadOnlyList<(string Name, DataType Type)> Widened => widened;

    /// <summary>Columns of the load that the table hasn't and doesn't get, by their place: rows or values are discarded.</summary>
    internal IReadOnlyDictionary<int, string> Dropped => dropped;

    /// <summary>What changes, a line each, for people.</summary>
    internal IReadOnlyList<string> Changes => diff;

    internal MatchedColumn this[string name] => columns.Single(c => c.Staged.Name == name);

    internal static SchemaMatch Of(string table, Schema load, IReadOnlyList<TargetColumn>? existing, IReadOnlyList<string> key, SchemaContract contract, LoadDialect dialect, IReadOnlyList<string> own)
    {
        var match = new SchemaMatch(existing is null);
        if (existing is null) match.Create(table, load, contract, dialect);
        else match.Compare(load, existing, contract, dialect, own);
        foreach (var name in key.Where(k => match.Find(k) is null))
            match.refused.Add($"  key column {name} is not among the load's: {string.Join(", ", load.Names)}");
        if (match.refused.Count > 0) throw new LoadException(match.Refusal(table));
        return match;
    }

    /// <summary>Whether rows that were staged for the other go into the table by this one too.</summary>
    internal bool StagesLike(SchemaMatch other) =>
        columns.Select(c => (c.From, c.Staged.Name, c.Staged.Type, c.Misfits)).SequenceEqual(other.columns.Select(c => (c.From, c.Staged.Name, c.Staged.Type, c.Misfits)))
        && dropped.Keys.SequenceEqual(other.dropped.Keys);

    /// <summary>The column that a name means, by the rules of <see cref="Schema"/>.</summary>
    internal MatchedColumn? Find(string name)
    {
        var schema = new Schema(columns.Select(c => c.Staged));
        return schema.TryIndexOf(name, out var index) ? columns[index] : null;
    }

    void Create(string table, Schema load, SchemaContract contract, LoadDialect dialect)
    {
        if (contract.Tables == OnChange.Freeze)
        {
            refused.Add("  the table isn't there");
            return;
        }
        diff.Add($"+ table {table}");
        for (var i = 0; i < load.Count; i++)
        {
            if (Provenance.Is(load[i].Name)) continue;
            var field = load[i] with { Name = SnakeCase.Of(load[i].Name) };
            columns.Add(new(i, field, field.Type, dialect.TypeOf(field), field.Nullable, null));
            added.Add(field);
        }
    }

    void Compare(Schema load, IReadOnlyList<TargetColumn> existing, SchemaContract contract, LoadDialect dialect, IReadOnlyList<string> own)
    {
        var table = new Schema(existing.Select(c => c.Field));
        var met = new HashSet<int>();
        for (var i = 0; i < load.Count; i++)
        {
            if (Provenance.Is(load[i].Name)) continue;
            if (!table.TryIndexOf(load[i].Name, out var at)) NewColumn(i, load[i], contract, dialect);
            else if (met.Add(at)) KnownColumn(i, load[i], existing[at], contract, dialect);
            else refused.Add($"! column {existing[at].Field.Name}: two columns of the load go there, {load[i].Name} is the second");
        }
        for (var i = 0; i < existing.Count; i++)
        {
            var column = existing[i];
            if (!met.Contains(i) && !column.Field.Nullable && !column.Filled && !own.Contains(column.Field.Name))
                refused.Add($"! column {column.Field.Name} may not be null and has no default, and the load doesn't have it");
        }
    }

    void NewColumn(int at, Field field, SchemaContract contract, LoadDialect dialect)
    {
        var name = SnakeCase.Of(field.Name);
        switch (contract.Columns)
        {
            case OnChange.Evolve:
                // Rows that are there get null in it.
                var column = field with { Name = name, Nullable = true };
                columns.Add(new(at, column, field.Type, dialect.TypeOf(column), true, null));
                added.Add(column);
                diff.Add($"+ column {column.Name}: {field.TypeText}");
                break;
            case OnChange.Freeze:
                refused.Add($"! column {name}: {field.TypeText} is not in the table");
                break;
            default:
                dropped.Add(at, name);
                break;
        }
    }

    void KnownColumn(int at, Field field, TargetColumn column, SchemaContract contract, LoadDialect dialect)
    {
        var (name, type) = (column.Field.Name, column.Field.Type);
        var staged = field with { Name = name };
        var discards = contract.Types is OnChange.DiscardRow or OnChange.DiscardValue;
        var holds = dialect.Holds(column, field.Type) || Widening.Holds(type, field.Type);
        if (!holds && type.Equals(TypeRules.Common(type, field.Type)))
        {
            // Floats compare with long integers and decimals and hold some of them only: each is looked at.
            columns.Add(new(at, staged with { Type = type, Nullable = discards || field.Nullable }, type, column.SqlType, column.Field.Nullable, contract.Types));
            return;
        }
        if (holds)
        {
            // Rows that are too long for it are found before the database refuses all.
            if (discards && dialect.LengthOf(column) is { } length) columns.Add(new(at, staged with { Type = type, Nullable = true }, type, column.SqlType, column.Field.Nullable, contract.Types, length));
            else columns.Add(new(at, staged, type, column.SqlType, column.Field.Nullable, null));
            return;
        }
        var wider = Widening.Of(type, field.Type);
        switch (contract.Types)
        {
            case OnChange.Evolve when wider is not null && dialect.CanWiden(type, wider):
                columns.Add(new(at, staged, wider, dialect.TypeOf(new Field(name, wider)), column.Field.Nullable, null));
                widened.Add((name, wider));
                diff.Add($"~ column {name}: {type} -> {wider}");
                break;
            case OnChange.Evolve:
                refused.Add($"! column {name}: the table has {type}, the load {field.Type}, and {(wider is null ? "no wider type holds both" : $"the database can't make it {wider}")}");
                break;
            case OnChange.DiscardRow or OnChange.DiscardValue:
                columns.Add(new(at, staged with { Type = type, Nullable = true }, type, column.SqlType, column.Field.Nullable, contract.Types, dialect.LengthOf(column)));
                break;
            default:
                refused.Add($"! column {name}: the table has {type}, the load {field.Type}");
                break;
        }
    }

    string Refusal(string table)
    {
        var text = new StringBuilder($"The rows don't fit the table {table}, and its contract lets neither give way:\n");
        text.AppendJoin('\n', refused).Append("\nRename or cast the columns before the load, or give another SchemaContract.");
        return text.ToString();
    }
}
