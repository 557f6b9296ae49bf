namespace Millrace.Kafka.Wire;

/// <summary>A structure of the wire, read and written as a version of its message says.</summary>
interface IPart<TSelf> where TSelf : IPart<TSelf>
{
    static abstract TSelf Read(ref WireReader reader, short version);

    void Write(WireWriter writer, short version);
}

/// <summary>A request, a response, or a structure that clients keep in bytes of their own.</summary>
interface IMessage<TSelf> : IPart<TSelf> where TSelf : IMessage<TSelf>
{
    static abstract ApiKey Api { get; }

    static abstract short Oldest { get; }

    static abstract short Newest { get; }

    /// <summary>The first version with compact lengths and tagged fields.</summary>
    static abstract short FlexibleFrom { get; }
}

/// <summary>A response that says for how long its client won't be heard. Versions that have no word for it leave it out.</summary>
interface IThrottled
{
    int ThrottleTimeMs { get; set; }
}
