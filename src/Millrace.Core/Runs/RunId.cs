namespace Millrace.Runs;

readonly record struct RunId(Guid Value)
{
    internal static RunId New(DateTimeOffset now) => new(Guid.CreateVersion7(now));
    public override string ToString() => Value.ToString("N");
}

/// <summary>A task of a run: with <see cref="Unmapped"/> as its index, or one instance of a mapped one.</summary>
readonly record struct InstanceId(RunId Run, string Task, int MapIndex)
{
    internal const int Unmapped = -1;
    public override string ToString() => MapIndex == Unmapped ? $"{Run}/{Task}" : $"{Run}/{Task}[{MapIndex}]";
}

/// <summary>One try of an instance. The lease is what a report must show: it is new for every attempt handed out.</summary>
readonly record struct AttemptId(InstanceId Instance, int Number, Guid Lease)
{
    public override string ToString() => $"{Instance} attempt {Number}";
}

readonly record struct SchedulerId(Guid Value)
{
    public override string ToString() => Value.ToString("N")[..8];
}

readonly record struct BackfillId(Guid Value);
