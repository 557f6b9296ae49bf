using System.Globalization;
using System.Text;
using Millrace.Plans;

namespace Millrace.Data;

public partial class Frame
{
    /// <summary>
    /// The plan as a tree, the last step first; which engine would run which part of it, and why; and what of it is
    /// called back in C#.
    /// </summary>
    public string Explain() => Explain(new RunContext());

    /// <inheritdoc cref="Explain()"/>
    public string Explain(RunContext run)
    {
        var text = new StringBuilder(Plan.ToText());
        Append(text, new Planner(run).Plan(Plan));
        foreach (var callback in CallbacksOf(Plan))
            text.Append(CultureInfo.InvariantCulture, $"\n\nruns as a C# callback: {callback.Callback.Name}, over {string.Join(", ", callback.ColumnNames)}");
        return text.ToString();
    }

    /// <summary>The C# functions that the plan calls for each row, since no engine could say them.</summary>
    internal static IEnumerable<CallbackExpr> CallbacksOf(Relation plan) =>
        Steps(Lowering.Lower(plan)).SelectMany(Expressions).SelectMany(e => e.All()).OfType<CallbackExpr>().Distinct();

    // The fragments in the order in which rows pass them.
    static void Append(StringBuilder text, Fragment fragment)
    {
        foreach (var scan in Steps(fragment.Plan).OfType<Scan>().Distinct())
            if (scan.Source is FragmentSource below) Append(text, below.Fragment);
        text.Append(CultureInfo.InvariantCulture, $"\n\n{fragment.Engine.Name} runs\n  {fragment.Plan.ToText().Replace("\n", "\n  ", StringComparison.Ordinal)}");
        foreach (var why in fragment.Why) text.Append("\n  since ").Append(why);
        if (fragment.Sql is { } sql) text.Append("\n  as\n    ").Append(sql.Replace("\n", "\n    ", StringComparison.Ordinal));
    }

    static IEnumerable<Relation> Steps(Relation plan) => plan.Inputs.SelectMany(Steps).Append(plan);

    static IEnumerable<Expr> Expressions(Relation step) => step switch
    {
        Filter filter => [filter.Condition],
        Project project => project.Columns.Select(c => c.Value),
        Check check => [check.Condition],
        Sort sort => sort.Keys.Select(k => k.Value),
        Group group => group.Keys.Concat(group.Values).Select(c => c.Value),
        Window window => window.Values.Select(v => v.Value),
        Join join => [.. join.Keys.SelectMany(k => (Expr[])[k.Left, k.Right]), .. join.Also is { } also ? [also] : (Expr[])[]],
        _ => [],
    };
}
