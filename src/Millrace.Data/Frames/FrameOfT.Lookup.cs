using System.Linq.Expressions;
using Millrace.Plans;

namespace Millrace.Data;

public partial class Frame<T>
{
    /// <summary>
    /// A row of a reference beside each row: <c>Lookup(stations, r => r.Station, s => s.Code, (r, found) => new { r.At, found.Name })</c>.
    /// A row without a match is a reject, and a reference that has a key twice is an error.
    /// </summary>
    /// <param name="row">Of the reference, only what it names is read.</param>
    /// <param name="miss">What becomes of a row without a match; with <see cref="LookupMiss.Null"/>, what was found is null.</param>
    /// <param name="name">What rejects call the lookup.</param>
    public Frame<TResult> Lookup<TReference, TKey, TResult>(Frame<TReference> reference, Expression<Func<T, TKey>> key, Expression<Func<TReference, TKey>> referenceKey,
        Expression<Func<T, TReference, TResult>> row, LookupMiss miss = LookupMiss.Reject, string? name = null) => miss == LookupMiss.Default
        ? throw new PlanException("A lookup with a default says which: Lookup(..., missing: new ...).")
        : LookedUp(reference, new Lookup(Plan, reference.Plan, Keys(reference, key, referenceKey), default, miss, Name: name), row, (_, _) => null);

    /// <inheritdoc cref="Lookup{TReference, TKey, TResult}(Frame{TReference}, Expression{Func{T, TKey}}, Expression{Func{TReference, TKey}}, Expression{Func{T, TReference, TResult}}, LookupMiss, string)"/>
    /// <param name="missing">What is found for a row without a match.</param>
    public Frame<TResult> Lookup<TReference, TKey, TResult>(Frame<TReference> reference, Expression<Func<T, TKey>> key, Expression<Func<TReference, TKey>> referenceKey,
        Expression<Func<T, TReference, TResult>> row, TReference missing, string? name = null) =>
        LookedUp(reference, new Lookup(Plan, reference.Plan, Keys(reference, key, referenceKey), default, LookupMiss.Default, Name: name), row, (column, taken) =>
            new NamedExpr(taken, LiteralExpr.Of(RowShape.Of<TReference>() is { IsSingleValue: false } shape ? shape.Members.First(m => m.Field.Name == column).Property.GetValue(missing) : missing)));

    Frame<TResult> LookedUp<TReference, TResult>(Frame<TReference> reference, Lookup lookup, Expression<Func<T, TReference, TResult>> row, Func<string, string, NamedExpr?> otherwise)
    {
        var shape = RowShape.Of<TReference>();
        var columns = shape.IsSingleValue ? [reference.Schema[0]] : shape.Members.Select(m => reference.Schema[m.Field.Name]).ToList();
        var take = columns.Select(c => new NamedExpr(Taken(c.Name), new ColumnExpr(c.Name))).ToList();
        var (known, presence) = (take.Count, Presence());
        var all = lookup with { Take = [.. take], Defaults = lookup.Miss == LookupMiss.Default ? [.. take.Select((t, i) => otherwise(Member(i), t.Name)!)] : default };

        var found = new RowScope(typeof(TReference), new Schema(columns), [.. take.Take(known).Select(t => new ColumnExpr(t.Name))], presence);
        var result = new LambdaTranslator(all.Schema, (row.Parameters[0], RowScope.Of(typeof(T), Schema)), (row.Parameters[1], found)).Row(row.Body);
        var named = result.SelectMany(c => c.Value.ColumnNames).ToHashSet();
        // A lookup that is only to find takes something all the same.
        if (!take.Any(t => named.Contains(t.Name))) named.Add(take[0].Name);
        return new(new Project(all with { Take = [.. all.Take.Where(t => named.Contains(t.Name))], Defaults = [.. all.Defaults.Where(d => named.Contains(d.Name))] }, result));

        string Member(int column) => shape.IsSingleValue ? RowShape.SingleColumn : shape.Members[column].Field.Name;

        // Where nothing was found, the key of the reference is null.
        ColumnExpr? Presence()
        {
            if (lookup.Miss != LookupMiss.Null) return null;
            var key = lookup.Keys[0].Right;
            if (take.FirstOrDefault(t => t.Value == key) is { } held) return new ColumnExpr(held.Name);
            take.Add(new NamedExpr(Taken("found"), key));
            return new ColumnExpr(take[^1].Name);
        }
    }

    string Taken(string name)
    {
        while (Schema.Contains(name)) name += "_right";
        return name;
    }
}
