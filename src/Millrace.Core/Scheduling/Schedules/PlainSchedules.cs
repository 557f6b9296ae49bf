using Millrace.Assets;

namespace Millrace.Scheduling;

sealed record ManualSchedule : Schedule
{
    public override string Describe() => "manual";
}

sealed record ContinuousSchedule : Schedule
{
    internal override bool IsContinuous => true;

    public override string Describe() => "continuous";
}

sealed record OnceSchedule : Schedule
{
    internal override bool HasIntervals => false;

    internal override long NextTicks(long after, in ScheduleBounds bounds) =>
        bounds.First.UtcTicks is var first && after < first ? first : Never;

    public override string Describe() => "once";
}

sealed record AssetSchedule(AssetCondition AssetCondition) : Schedule
{
    internal override AssetCondition? Condition => AssetCondition;

    public override string Describe() => AssetCondition.ToString();
}
