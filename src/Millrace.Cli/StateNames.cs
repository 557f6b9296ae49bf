using Millrace.Runs;

namespace Millrace.Cli;

/// <summary>States as they are typed.</summary>
static class StateNames
{
    internal static TaskState Task(string name) => Read(name, TaskStates.Parse);

    internal static RunState Run(string name) => Read(name, RunStates.Parse);

    static T Read<T>(string name, Func<string, T> parse)
    {
        try
        {
            return parse(name);
        }
        catch (FormatException wrong)
        {
            throw new UserErrorException(wrong.Message);
        }
    }
}
