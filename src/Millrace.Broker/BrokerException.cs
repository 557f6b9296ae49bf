namespace Millrace.Broker;

/// <summary>The broker can't start, or can't do what it was told: the message says what to change.</summary>
public sealed class BrokerException : Exception
{
    internal BrokerException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
