using Millrace.Data;
using Millrace.Plans;

namespace Millrace.Testing.Plans;

/// <summary>Makes a plan that fails smaller as long as it fails, so that people see what is wrong.</summary>
public static class PlanShrinking
{
    /// <param name="fails">Whether a plan still shows the failure; one that isn't a plan at all may throw.</param>
    public static async Task<Relation> ShrinkAsync(Relation plan, Func<Relation, Task<bool>> fails)
    {
        for (var tries = 0; tries < 300; tries++)
        {
            Relation? smaller = null;
            foreach (var candidate in Smaller(plan))
            {
                if (!IsPlan(candidate) || !await fails(candidate)) continue;
                smaller = candidate;
                break;
            }
            if (smaller is null) return plan;
            plan = smaller;
        }
        return plan;
    }

    static bool IsPlan(Relation plan)
    {
        try
        {
            return Lowering.Lower(plan).Schema.Count > 0 && HasOneAnswer(plan);
        }
        catch (Exception wrong) when (wrong is PlanException or ArgumentException)
        {
            return false;
        }
    }

    // What depends on the order of rows must not lose that order on the way.
    static bool HasOneAnswer(Relation plan) => plan.Inputs.All(HasOneAnswer) && (!FollowsRows(plan) || plan.Inputs.All(Scope.HasOrder));

    static bool FollowsRows(Relation plan) => plan switch
    {
        Sample or Limit or Join { Kind: JoinKind.Positional } or Deduplicate { OrderBy.Count: 0 } or DeduplicateNearly { OrderBy.Count: 0 } => true,
        Group group => group.Values.Any(FollowsRows),
        Pivot pivot => pivot.Aggregates.Any(FollowsRows),
        _ => false,
    };

    static bool FollowsRows(NamedExpr value) =>
        value.Value.All().Any(e => e is AggregateExpr { OrderBy.Count: 0, Aggregate.Name: "first" or "last" or "list" or "join" });

    // A step gives way to one of its inputs, a column goes, or an expression gives way to a part of it.
    static IEnumerable<Relation> Smaller(Relation plan)
    {
        foreach (var input in plan.Inputs) yield return input;
        switch (plan)
        {
            case Project project:
                for (var i = 0; i < project.Columns.Count && project.Columns.Count > 1; i++) yield return project with { Columns = Without(project.Columns, i) };
                for (var i = 0; i < project.Columns.Count; i++)
                    foreach (var part in project.Columns[i].Value.Parts)
                        yield return project with { Columns = project.Columns.Select((c, at) => at == i ? c with { Value = part } : c).ToSequence() };
                break;
            case Group group:
                for (var i = 0; i < group.Keys.Count; i++) yield return group with { Keys = Without(group.Keys, i) };
                for (var i = 0; i < group.Values.Count && group.Values.Count > 1; i++) yield return group with { Values = Without(group.Values, i) };
                break;
            case Filter filter:
                foreach (var part in filter.Condition.Parts) yield return filter with { Condition = part };
                break;
            case Join { Also: not null } join:
                yield return join with { Also = null };
                break;
        }
        for (var i = 0; i < plan.Inputs.Count; i++)
            foreach (var smaller in Smaller(plan.Inputs[i]))
                yield return plan.WithInputs([.. plan.Inputs.Select((input, at) => at == i ? smaller : input)]);
    }

    static Sequence<T> Without<T>(Sequence<T> all, int at) => all.Where((_, i) => i != at).ToSequence();
}
