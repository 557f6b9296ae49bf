using Microsoft.Extensions.Logging;

namespace Millrace.Kafka;

static partial class Log
{
    [LoggerMessage(4101, LogLevel.Warning, "The broker {Broker} answered a Produce with what can't be read, so the records are sent again: {Why}")]
    internal static partial void LogAnswerBroken(this ILogger logger, int broker, string why);

    [LoggerMessage(4102, LogLevel.Warning, "The broker of {Partition} no longer knows this producer ({Error}); it goes on with a new epoch")]
    internal static partial void LogProducerForgotten(this ILogger logger, TopicPartition partition, ErrorCode error);

    [LoggerMessage(4103, LogLevel.Warning, "A Fetch from broker {Broker} failed and is tried again: {Why}")]
    internal static partial void LogFetchFailed(this ILogger logger, int broker, string why);

    [LoggerMessage(4104, LogLevel.Warning, "{Partition} no longer has offset {Offset}: reading goes on where ConsumerOptions.StartAt says")]
    internal static partial void LogOutOfRange(this ILogger logger, TopicPartition partition, long offset);

    [LoggerMessage(4105, LogLevel.Warning, "The group '{Group}' went on without this consumer, which joins again: {Why}")]
    internal static partial void LogLeftBehind(this ILogger logger, string group, string why);

    [LoggerMessage(4106, LogLevel.Warning, "The offsets of group '{Group}' were not committed and will be again later: {Why}")]
    internal static partial void LogCommitFailed(this ILogger logger, string group, string why);

    [LoggerMessage(4107, LogLevel.Warning, "{Partition} could not be read for {Time}, and is tried again: {Why}")]
    internal static partial void LogUnreadable(this ILogger logger, TopicPartition partition, TimeSpan time, string why);
}
