using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Lets rows carry where they came from, as far as steps that refuse rows need to know it, and no further.</summary>
sealed class ProvenanceColumns
{
    readonly Dictionary<(Relation, bool), Relation> done = new(SameStep.Instance);

    internal static Relation Add(Relation plan) => new ProvenanceColumns().Add(plan, wanted: false);

    /// <summary>The plan with where its rows came from to its end; as it is where rows lose that on the way.</summary>
    internal static Relation Keep(Relation plan)
    {
        var kept = new ProvenanceColumns().Add(Lowering.Lower(plan), wanted: true);
        return Carries(kept) ? kept : plan;
    }

    Relation Add(Relation plan, bool wanted) =>
        done.TryGetValue((plan, wanted), out var known) ? known : done[(plan, wanted)] = Added(plan, wanted);

    Relation Added(Relation plan, bool wanted)
    {
        switch (plan)
        {
            case Scan scan:
                return wanted ? scan with { Provenance = true } : scan;
            case Check check:
                var refusing = check with { Input = Add(check.Input, true) };
                return wanted || Carries(check) ? refusing : Without(refusing);
            case Project project:
                var input = Add(project.Input, wanted || project.Rejects);
                if (!wanted || !Carries(input) || project.Columns.Any(c => Provenance.Is(c.Name))) return project with { Input = input };
                return project with { Input = input, Columns = [.. project.Columns, .. Provenance.Fields.Select(f => new NamedExpr(f.Name, new ColumnExpr(f.Name)))] };
            case Join { Kind: not JoinKind.Right } join:
                return join with { Left = Add(join.Left, wanted), Right = Add(join.Right, false) };
            case SetOperation { Kind: SetKind.UnionAll } union:
                var (left, right) = (Add(union.Left, wanted), Add(union.Right, wanted));
                return Carries(left) && Carries(right) && SamePlaces(left, right) ? union with { Left = left, Right = right } : union with { Left = Add(union.Left, false), Right = Add(union.Right, false) };
            case Filter or Sort or Limit or Sample or Flatten or Unpivot:
                return plan.WithInputs([Add(plan.Inputs[0], wanted)]);
            case Window window:
                return window with { Input = Add(window.Input, wanted) };
            default:
                return plan.WithInputs([.. plan.Inputs.Select(i => Add(i, false))]);
        }
    }

    static bool Carries(Relation plan) => plan.Schema.Contains(Provenance.Line) && plan.Schema.Contains(Provenance.Source);

    static bool SamePlaces(Relation left, Relation right) =>
        left.Schema.Count == right.Schema.Count && left.Schema.IndexOf(Provenance.Line) == right.Schema.IndexOf(Provenance.Line);

    static Relation Without(Relation plan) => !Carries(plan) ? plan
        : new Project(plan, plan.Schema.Names.Where(n => !Provenance.Is(n)).Select(n => new NamedExpr(n, new ColumnExpr(n))).ToSequence());
}
