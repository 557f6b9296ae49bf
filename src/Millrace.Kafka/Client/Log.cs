using Microsoft.Extensions.Logging;

namespace Millrace.Kafka;

static partial class Log
{
    [LoggerMessage(4101, LogLevel.Warning, "The broker {Broker} answered a Produce with what can't be read, so the records are sent again: {Why}")]
    internal static partial void LogAnswerBroken(this ILogger logger, int broker, string why);

    [LoggerMessage(4102, LogLevel.Warning, "The broker of {Partition} no longer knows this producer ({Error}); it goes on with a new epoch")]
    internal static partial void LogProducerForgotten(this ILogger logger, TopicPartition partition, ErrorCode error);
}
