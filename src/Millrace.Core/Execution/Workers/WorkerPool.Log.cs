using Microsoft.Extensions.Logging;

namespace Millrace.Execution;

sealed partial class WorkerPool
{
    static partial class Log
    {
        [LoggerMessage(1401, LogLevel.Debug, "{Worker} is ready")]
        internal static partial void WorkerReady(ILogger logger, string worker);

        [LoggerMessage(1402, LogLevel.Debug, "{Worker} ended as told")]
        internal static partial void WorkerEnded(ILogger logger, string worker);

        [LoggerMessage(1403, LogLevel.Warning, "{Worker} {How}; another takes its place")]
        internal static partial void WorkerDied(ILogger logger, string worker, string how);

        [LoggerMessage(1404, LogLevel.Warning, "{Worker} {Because}")]
        internal static partial void WorkerKilled(ILogger logger, string worker, string because);

        [LoggerMessage(1405, LogLevel.Information, "{Worker} is replaced because {Because}")]
        internal static partial void WorkerRetires(ILogger logger, string worker, string because);

        [LoggerMessage(1406, LogLevel.Error, "A worker could not be started with '{Command}': {Why}. The next try is in {Seconds} s.{Complaint}")]
        internal static partial void StartFailed(ILogger logger, string command, string why, string complaint, double seconds);

        [LoggerMessage(1407, LogLevel.Debug, "{Worker} printed: {Line}")]
        internal static partial void WorkerSaid(ILogger logger, string worker, string line);

        [LoggerMessage(1408, LogLevel.Warning, "{Worker} printed an error: {Line}")]
        internal static partial void WorkerComplained(ILogger logger, string worker, string line);

        [LoggerMessage(1409, LogLevel.Error, "{Worker} can't be understood and is replaced")]
        internal static partial void WorkerFault(ILogger logger, string worker, Exception fault);

        [LoggerMessage(1410, LogLevel.Warning, "A connection to the workers' socket was refused")]
        internal static partial void Stranger(ILogger logger, Exception fault);

        [LoggerMessage(1411, LogLevel.Debug, "Stopping {Workers} workers")]
        internal static partial void Stopping(ILogger logger, int workers);
    }
}
