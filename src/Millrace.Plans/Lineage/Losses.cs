using System.Globalization;
using System.Text.Json.Nodes;

namespace Millrace.Data;

/// <summary>What a plan may lose of what its sources have, read from the plan alone: what could happen, not what did.</summary>
public static class Losses
{
    /// <summary>From the sources on.</summary>
    public static IReadOnlyList<Loss> Of(Relation plan)
    {
        var losses = new List<Loss>();
        var seen = new HashSet<Relation>(ReferenceEqualityComparer.Instance);
        Walk(plan);
        return [.. losses.Distinct()];

        void Walk(Relation step)
        {
            if (!seen.Add(step)) return;
            foreach (var input in step.Inputs) Walk(input);
            losses.AddRange(OfStep(step));
        }
    }

    static IEnumerable<Loss> OfStep(Relation step)
    {
        var text = PlanText.Step(step);
        var rows = step switch
        {
            Deduplicate one => [new Loss(LossKind.GrainChanged, text, null, one.Keys.Count == 0 ? "of equal rows one stays" : $"one row stays of those equal in {string.Join(", ", one.Keys)}")],
            DeduplicateNearly near => [new Loss(LossKind.GrainChanged, text, near.Column, string.Create(CultureInfo.InvariantCulture, $"one row stays of those whose '{near.Column}' is within {near.Distance} edits"))],
            Pivot pivot => Inside(step).SelectMany(core => Rows(core, text)).Append(new Loss(LossKind.RowsFiltered, text, pivot.On, $"rows whose '{pivot.On}' is none of {string.Join(", ", pivot.Values.Select(v => ClrValue.Display(v.Value.Value)))} are in no cell")),
            _ => Inside(step).SelectMany(core => Rows(core, text)),
        };
        return Dropped(step, text).Concat(rows).Concat(Inside(step).SelectMany(core => LossyExpressions.Of(core, text)));
    }

    /// <summary>The step itself, or the core steps that it is lowered to.</summary>
    static IEnumerable<Relation> Inside(Relation step)
    {
        var lowered = step switch { RichRelation rich => rich.Lower(), RichJoin rich => rich.Lower(), _ => null };
        return lowered is null ? [step] : Between(lowered, step.Inputs);
    }

    static IEnumerable<Relation> Between(Relation from, IReadOnlyList<Relation> inputs) =>
        inputs.Any(i => ReferenceEquals(i, from)) ? [] : from.Inputs.SelectMany(i => Between(i, inputs)).Concat(Inside(from));

    static IEnumerable<Loss> Dropped(Relation step, string text)
    {
        if (step is Scan scan)
        {
            var read = scan.Columns is null ? scan.Source.Schema : scan.Source.Schema.Select(scan.Columns);
            return scan.Source.Schema.Except(read).Select(f => new Loss(LossKind.ColumnDropped, text, f.Name, $"'{f.Name}' isn't read"))
                .Concat(scan.Source.Cuts.Where(c => read.Contains(c.Column)).Select(c => new Loss(LossKind.PrecisionCut, text, c.Column, c.What)));
        }
        // Of a lookup or a semi join the other side is there to be looked at.
        if (step is not (UnaryRelation or Join { Kind: JoinKind.Semi or JoinKind.Anti } or Lookup)) return [];
        var input = step.Inputs[0];
        var flows = new Flows();
        var here = new Here(input.Schema);
        flows.StartAt(input, here);
        foreach (var other in step.Inputs.Skip(1).Where(o => !ReferenceEquals(o, input))) flows.StartAt(other, new Here(other.Schema));
        var kept = flows.Of(step).Columns.SelectMany(c => c).Where(o => ReferenceEquals(o.Source, here) && o.Manner <= Manner.Aggregated).Select(o => o.Column).ToHashSet();
        return input.Schema.Where(f => !kept.Contains(f.Name) && !Provenance.Is(f.Name)).Select(f => new Loss(LossKind.ColumnDropped, text, f.Name, $"'{f.Name}' goes no further"));
    }

    static IEnumerable<Loss> Rows(Relation core, string text)
    {
        switch (core)
        {
            case Filter filter:
                yield return new(LossKind.RowsFiltered, text, null, $"rows stay where {filter.Condition}");
                break;
            case Check { Fail: false } check:
                yield return new(LossKind.RowsFiltered, text, check.Column, $"rows are refused that break '{check.Rule}': {check.Condition}");
                break;
            case Project { Rejects: true }:
                yield return new(LossKind.RowsFiltered, text, null, "rows are refused whose values can't be computed");
                break;
            case Limit limit:
                yield return new(LossKind.RowsFiltered, text, null, string.Create(CultureInfo.InvariantCulture, $"at most {limit.Count?.ToString(CultureInfo.InvariantCulture) ?? "all"} rows stay{(limit.Skip > 0 ? $" after the first {limit.Skip}" : "")}"));
                break;
            case Sample sample:
                yield return new(LossKind.RowsFiltered, text, null, string.Create(CultureInfo.InvariantCulture, $"a share of {sample.Share} of the rows stays"));
                break;
            case Distinct:
                yield return new(LossKind.GrainChanged, text, null, "of equal rows one stays");
                break;
            case Group group:
                yield return new(LossKind.GrainChanged, text, null, group.Keys.Count == 0 ? "all rows become one" : $"rows become one a {string.Join(", ", group.Keys.Select(k => k.Name))}");
                break;
            case Unpivot unpivot:
                yield return new(LossKind.GrainChanged, text, null, string.Create(CultureInfo.InvariantCulture, $"each row becomes {unpivot.Columns.Count}"));
                break;
            case Flatten flatten:
                yield return new(LossKind.GrainChanged, text, flatten.Column, $"rows become one an item of '{flatten.Column}'");
                if (!flatten.KeepEmpty) yield return new(LossKind.RowsFiltered, text, flatten.Column, $"rows go whose '{flatten.Column}' is empty or null");
                break;
            case SetOperation { Kind: not SetKind.UnionAll } set:
                yield return new(set.Kind == SetKind.Union ? LossKind.GrainChanged : LossKind.RowsFiltered, text, null, set.Kind switch
                {
                    SetKind.Union => "of equal rows one stays",
                    SetKind.Intersect => "rows stay that both sides have",
                    _ => "rows stay that the right side doesn't have",
                });
                break;
            case Join join:
                foreach (var loss in OfJoin(join, text)) yield return loss;
                break;
        }
    }

    static IEnumerable<Loss> OfJoin(Join join, string text)
    {
        if (join.Kind is JoinKind.Semi or JoinKind.Anti)
        {
            yield return new(LossKind.RowsFiltered, text, null, join.Kind == JoinKind.Semi ? "left rows go that have no partner" : "left rows go that have a partner");
            yield break;
        }
        if (join.Kind is JoinKind.Inner or JoinKind.Right) yield return new(LossKind.RowsFiltered, text, null, "left rows go that have no partner");
        if (join.Kind is JoinKind.Inner or JoinKind.Left or JoinKind.AsOf) yield return new(LossKind.RowsFiltered, text, null, "right rows go that have no partner");
        if (join.Kind is JoinKind.AsOf or JoinKind.Positional) yield break;
        if (!RowIdentity.IsUnique(join.Right, join.Keys.Select(k => k.Right))) yield return new(LossKind.RowsMultiplied, text, null, "left rows stand several times that have several partners");
        if (!RowIdentity.IsUnique(join.Left, join.Keys.Select(k => k.Left))) yield return new(LossKind.RowsMultiplied, text, null, "right rows stand several times that have several partners");
    }

    /// <summary>Stands for what lies below a step that is looked at alone.</summary>
    sealed class Here(Schema schema) : ISource
    {
        public string Kind => "here";
        public Schema Schema => schema;
        public JsonObject? Describe() => null;
        public IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, CancellationToken cancel) => throw new InvalidOperationException("A stand-in has no rows.");
    }
}
