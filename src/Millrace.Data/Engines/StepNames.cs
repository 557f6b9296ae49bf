using Millrace.Plans;

namespace Millrace.Data;

/// <summary>What people call a step.</summary>
static class StepNames
{
    internal static string Of(Relation step) => step switch
    {
        Scan { Source: FragmentSource { Fragment.Engine.Name: var engine } } => $"rows from {engine}",
        Scan scan => $"scan {scan.Source.Kind}",
        Check check => $"check '{check.Rule}'",
        Join join => $"{join.Kind.ToString().ToLowerInvariant()} join",
        SetOperation set => set.Kind switch { SetKind.UnionAll => "union all", var kind => kind.ToString().ToLowerInvariant() },
        Project => "compute",
        _ => step.GetType().Name.ToLowerInvariant(),
    };
}
