using System.Linq.Expressions;
using Millrace.Plans;

namespace Millrace.Data;

public partial class Frame<T>
{
    /// <summary>The two parts of a text: <c>Split(n => n.Full, " ", (n, first, last) => new { first, last })</c>.</summary>
    /// <param name="mismatch">What becomes of a text with more or fewer parts.</param>
    public Frame<TResult> Split<TResult>(Expression<Func<T, string?>> column, string separator, Expression<Func<T, string?, string?, TResult>> row, PartsMismatch mismatch = PartsMismatch.Reject) =>
        Parts<TResult>(column, separator, row, mismatch);

    /// <inheritdoc cref="Split{TResult}(Expression{Func{T, string}}, string, Expression{Func{T, string, string, TResult}}, PartsMismatch)"/>
    public Frame<TResult> Split<TResult>(Expression<Func<T, string?>> column, string separator, Expression<Func<T, string?, string?, string?, TResult>> row, PartsMismatch mismatch = PartsMismatch.Reject) =>
        Parts<TResult>(column, separator, row, mismatch);

    /// <inheritdoc cref="Split{TResult}(Expression{Func{T, string}}, string, Expression{Func{T, string, string, TResult}}, PartsMismatch)"/>
    public Frame<TResult> Split<TResult>(Expression<Func<T, string?>> column, string separator, Expression<Func<T, string?, string?, string?, string?, TResult>> row, PartsMismatch mismatch = PartsMismatch.Reject) =>
        Parts<TResult>(column, separator, row, mismatch);

    /// <summary>What the named group of a pattern holds: <c>Extract(l => l.Text, @"code=(?&lt;code&gt;\d+)", (l, code) => new { code })</c>. The parameters are called like the groups.</summary>
    /// <param name="nullWithoutMatch">Whether a text without a match gives nulls; otherwise its row is rejected.</param>
    public Frame<TResult> Extract<TResult>(Expression<Func<T, string?>> column, string pattern, Expression<Func<T, string?, TResult>> row, bool nullWithoutMatch = false) =>
        Groups<TResult>(column, pattern, row, nullWithoutMatch);

    /// <inheritdoc cref="Extract{TResult}(Expression{Func{T, string}}, string, Expression{Func{T, string, TResult}}, bool)"/>
    public Frame<TResult> Extract<TResult>(Expression<Func<T, string?>> column, string pattern, Expression<Func<T, string?, string?, TResult>> row, bool nullWithoutMatch = false) =>
        Groups<TResult>(column, pattern, row, nullWithoutMatch);

    /// <inheritdoc cref="Extract{TResult}(Expression{Func{T, string}}, string, Expression{Func{T, string, TResult}}, bool)"/>
    public Frame<TResult> Extract<TResult>(Expression<Func<T, string?>> column, string pattern, Expression<Func<T, string?, string?, string?, TResult>> row, bool nullWithoutMatch = false) =>
        Groups<TResult>(column, pattern, row, nullWithoutMatch);

    Frame<TResult> Parts<TResult>(LambdaExpression column, string separator, LambdaExpression row, PartsMismatch mismatch)
    {
        Sequence<string> into = [.. row.Parameters.Skip(1).Select(p => Free(p.Name!))];
        return Added<TResult>(new SplitColumn(Plan, ColumnOf(column), separator, into, mismatch, KeepText: true), row, into);
    }

    Frame<TResult> Groups<TResult>(LambdaExpression column, string pattern, LambdaExpression row, bool nullWithoutMatch)
    {
        var extracted = new ExtractColumns(Plan, ColumnOf(column), pattern, nullWithoutMatch);
        // A group may be called like a column that there is, and then takes its place.
        var names = extracted.GroupNames;
        foreach (var parameter in row.Parameters.Skip(1))
            if (!names.Contains(parameter.Name)) throw new PlanException($"The pattern '{pattern}' has no group '{parameter.Name}'. Its groups are {string.Join(", ", names)}; name the lambda's parameters like them.");
        return Added<TResult>(extracted, row, row.Parameters.Skip(1).Select(p => p.Name!));
    }
}
