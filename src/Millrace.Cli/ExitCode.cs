namespace Millrace.Cli;

/// <summary>What the process ends with; documented in docs/cli.md.</summary>
static class ExitCode
{
    internal const int Ok = 0;
    /// <summary>What was asked for was done and did not succeed: a run failed.</summary>
    internal const int Failed = 1;
    /// <summary>The command line or the settings are wrong, or name what doesn't exist.</summary>
    internal const int Usage = 2;
    /// <summary>The store or the scheduler can't be reached or used.</summary>
    internal const int Unavailable = 3;
    internal const int Interrupted = 130;
}

/// <summary>Ends the command with a message for the person who typed it.</summary>
sealed class UserErrorException(string message, int code = ExitCode.Usage) : Exception(message)
{
    public int Code { get; } = code;
}
