using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Lets rows through to the staging table that the target can hold, in its columns' order; the others it rejects.</summary>
sealed class RowGuard
{
    readonly SchemaMatch match;
    readonly HashSet<string> key;
    readonly RejectLog rejects;
    readonly string step;
    readonly SchemaContract contract;
    readonly int sourceAt, lineAt;
    readonly int[] provenance;
    long row;

    internal RowGuard(SchemaMatch match, Schema load, IReadOnlyList<MatchedColumn> key, string target, SchemaContract contract, RejectLog rejects, bool keepsProvenance)
    {
        (this.match, this.rejects, this.contract) = (match, rejects, contract);
        this.key = [.. key.Select(k => k.Staged.Name)];
        step = $"load {target}";
        sourceAt = Place(load, Provenance.Source);
        lineAt = Place(load, Provenance.Line);
        provenance = keepsProvenance && sourceAt >= 0 && lineAt >= 0 ? [sourceAt, lineAt] : [];
        Schema = new Schema(match.Columns.Select(c => c.Staged).Concat(provenance.Select(i => load[i])));
    }

    /// <summary>Of what is staged: the target's columns, and where rows came from if that is known and may be asked for.</summary>
    internal Schema Schema { get; }

    internal bool HasProvenance => sourceAt >= 0 && lineAt >= 0;
    internal bool StagesProvenance => provenance.Length > 0;
    internal string Step => step;
    internal long Rejected { get; private set; }
    internal Dictionary<string, long> DiscardedValues { get; } = [];

    /// <summary>Takes the batch over.</summary>
    internal Batch Pass(Batch batch)
    {
        var bad = new bool[batch.Count];
        foreach (var (at, name) in match.Dropped) Drop(batch, at, name, bad);
        var columns = new Column[Schema.Count];
        for (var i = 0; i < match.Columns.Count; i++)
        {
            var to = match.Columns[i];
            var column = to.Misfits is { } rule ? Fit(batch, to, rule, bad) : batch[to.From];
            if (column.MayHaveNulls) Nulls(batch, column, to, bad);
            columns[i] = column;
        }
        for (var i = 0; i < provenance.Length; i++) columns[match.Columns.Count + i] = batch[provenance[i]];
        row += batch.Count;
        var refused = bad.AsSpan().Count(true);
        Rejected += refused;
        if (refused == 0) return new Batch(Schema, batch.Count, columns, batch.Memory);
        var kept = Enumerable.Range(0, batch.Count).Where(i => !bad[i]).ToArray();
        return new Batch(Schema, kept.Length, columns.Select(c => c.Take(kept, batch.Memory)).ToArray(), batch.Memory);
    }

    void Nulls(Batch batch, Column column, MatchedColumn to, bool[] bad)
    {
        var name = to.Staged.Name;
        var isKey = key.Contains(name);
        if (!isKey && to.Nullable) return;
        for (var i = 0; i < bad.Length; i++)
        {
            if (bad[i] || !column.IsNull(i)) continue;
            if (isKey)
            {
                Refuse(batch, i, bad, "null key", name, null, $"A row without its key '{name}' can't be found again. Fill the column before the load.");
                continue;
            }
            var message = $"Column '{name}' of the table may not be null. Fill it before the load.";
            if (contract.Types is OnChange.Evolve or OnChange.Freeze) throw new LoadException($"{Where(batch, i)}: {message} A SchemaContract with DiscardRow rejects such rows.");
            Refuse(batch, i, bad, "null value", name, null, message);
        }
    }

    void Drop(Batch batch, int at, string name, bool[] bad)
    {
        var column = batch[at];
        for (var i = 0; i < bad.Length; i++)
        {
            if (bad[i] || column.IsNull(i)) continue;
            if (contract.Columns == OnChange.DiscardRow)
                Refuse(batch, i, bad, "unknown column", name, column.ValueAt(i), $"The table has no column '{name}', and its contract gives it none.");
            else
                DiscardedValues[name] = DiscardedValues.GetValueOrDefault(name) + 1;
        }
    }

    Column Fit(Batch batch, MatchedColumn to, OnChange rule, bool[] bad)
    {
        var (values, column) = (ColumnBuilder.For(to.Target), batch[to.From]);
        if (FloatFit.IsFor(column.Type, to.Target)) return FitFloats(batch, to, rule, bad, (ColumnBuilder<double>)values);
        for (var i = 0; i < batch.Count; i++)
        {
            var value = column.ValueAt(i);
            if (value is null || bad[i])
            {
                values.AddNull();
            }
            else if (ValueFit.Try(value, to.Target) is { } fitting && !IsTooLong(fitting, to))
            {
                values.AddValue(fitting);
            }
            else
            {
                values.AddNull();
                Misfit(batch, i, to, rule, bad, column.Type.IsNested ? CellText.Of(column, i) : ClrValue.Display(value), value);
            }
        }
        return values.Build();
    }

    // Without an object a value: columns of doubles are as common as loads into them.
    Column<double> FitFloats(Batch batch, MatchedColumn to, OnChange rule, bool[] bad, ColumnBuilder<double> values)
    {
        var column = batch[to.From];
        for (var i = 0; i < batch.Count; i++)
        {
            if (bad[i] || column.IsNull(i))
            {
                values.AddNull();
            }
            else if (FloatFit.Try(column, i, out var value))
            {
                values.Add(value);
            }
            else
            {
                values.AddNull();
                var text = FloatFit.Text(column, i);
                Misfit(batch, i, to, rule, bad, text, text);
            }
        }
        return (Column<double>)values.Build();
    }

    void Misfit(Batch batch, int index, MatchedColumn to, OnChange rule, bool[] bad, string text, object value)
    {
        var message = $"{text} isn't a value of {(to.Length is null ? $"{to.Target}" : to.Type)}, the type of the table's column '{to.Staged.Name}'{(FloatFit.IsFor(batch[to.From].Type, to.Target) ? ", which would keep another number" : "")}.";
        switch (rule)
        {
            case OnChange.Evolve or OnChange.Freeze:
                throw new LoadException($"{Where(batch, index)}: {message} Nothing was loaded. Cast the column where the nearest is meant, make the table's column one that holds it, or give a SchemaContract with Types = DiscardRow, which rejects such rows.");
            case OnChange.DiscardRow:
                Refuse(batch, index, bad, "wrong type", to.Staged.Name, value, message);
                break;
            default:
                DiscardedValues[to.Staged.Name] = DiscardedValues.GetValueOrDefault(to.Staged.Name) + 1;
                break;
        }
    }

    static bool IsTooLong(object value, MatchedColumn to) => to.Length is { } most && value is string text && text.Length > most && text.EnumerateRunes().Count() > most;

    void Refuse(Batch batch, int index, bool[] bad, string rule, string column, object? value, string message)
    {
        bad[index] = true;
        var source = sourceAt < 0 ? null : batch[sourceAt].ValueAt(index) as string;
        var line = lineAt < 0 ? row + index + 1 : batch[lineAt].ValueAt(index) as long?;
        rejects.Add(new Reject(rule, step, column, value is null ? null : ClrValue.Display(value), source, line, message));
    }

    string Where(Batch batch, int index) =>
        HasProvenance ? $"{batch[sourceAt].ValueAt(index)}, line {batch[lineAt].ValueAt(index)}" : $"Row {row + index + 1} of the load";

    static int Place(Schema schema, string name)
    {
        for (var i = 0; i < schema.Count; i++)
            if (schema[i].Name == name) return i;
        return -1;
    }
}
