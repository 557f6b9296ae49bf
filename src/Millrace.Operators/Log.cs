using Microsoft.Extensions.Logging;

namespace Millrace.Operators;

static partial class Log
{
    [LoggerMessage(6101, LogLevel.Information, "Topic '{Topic}' is there already and stays as it is")]
    internal static partial void LogTopicIsThere(this ILogger logger, string topic);

    [LoggerMessage(6102, LogLevel.Information, "{Count} records written to topic '{Topic}'")]
    internal static partial void LogProduced(this ILogger logger, long count, string topic);

    [LoggerMessage(6103, LogLevel.Information, "{Count} records read from topic '{Topic}' by group '{Group}'")]
    internal static partial void LogConsumed(this ILogger logger, int count, string topic, string group);

    [LoggerMessage(6105, LogLevel.Information, "No record started run {Run}: there is none to read")]
    internal static partial void LogNotTriggered(this ILogger logger, string run);

    [LoggerMessage(6104, LogLevel.Warning, "Left out: {Why}")]
    internal static partial void LogLeftOut(this ILogger logger, string why);

    [LoggerMessage(6105, LogLevel.Warning, "Topic '{Topic}' has more records for group '{Group}' than one run takes: nothing is lost, the next run goes on behind these. Run the DAG again or oftener, or raise AtMost and AtMostBytes in the task's options, as far as there is memory for all records of a run at once")]
    internal static partial void LogHasMore(this ILogger logger, string topic, string group);
}
