using System.Text;
using Millrace.Plans;

namespace Millrace.Data;

public partial class Frame
{
    /// <summary>The plan as a tree, the last step first, and what of it is called back in C#.</summary>
    public string Explain()
    {
        var text = new StringBuilder(PlanText.Of(Plan)).Append('\n');
        foreach (var callback in CallbacksOf(Plan))
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\nruns as a C# callback: {callback.Callback.Name}, over {string.Join(", ", callback.ColumnNames)}");
        return text.ToString().TrimEnd('\n');
    }

    /// <summary>The C# functions that the plan calls for each row, since no engine could say them.</summary>
    internal static IEnumerable<CallbackExpr> CallbacksOf(Relation plan)
    {
        var core = Lowering.Lower(plan);
        return Steps(core).SelectMany(Expressions).SelectMany(e => e.All()).OfType<CallbackExpr>().Distinct();
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
