using Millrace.Dags;
using Millrace.Scheduling;

namespace Millrace.Execution;

/// <summary>Asks a schedule that is the author's code, where that code is.</summary>
static class AuthorSchedule
{
    internal static FiringAnswer Ask(Dag dag, FiringQuestion question)
    {
        try
        {
            var firing = dag.Spec.Schedule.Pending(question.Last, question.Now, question.Catchup, new ScheduleBounds(question.Seen, question.Start, question.End));
            return new FiringAnswer(firing?.LogicalTime, firing?.IntervalStart, firing?.IntervalEnd, null);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return Failed($"{e.GetType().Name}: {e.Message}");
        }
    }

    internal static FiringAnswer Failed(string error) => new(null, null, null, error);
}
