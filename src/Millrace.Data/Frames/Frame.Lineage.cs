using Millrace.Plans;

namespace Millrace.Data;

public partial class Frame
{
    /// <summary>Where each column comes from, and what decides which rows there are: read from the plan, nothing is run.</summary>
    public Lineage Lineage() => Millrace.Data.Lineage.Of(Plan);

    /// <summary>What the frame may lose of what its sources have, from the sources on: read from the plan, so what could happen and not what did.</summary>
    public IReadOnlyList<Loss> Losses() => Millrace.Data.Losses.Of(Plan);
}
