namespace Millrace.Broker.State;

/// <summary>What the broker remembers besides records. The numbers are in files.</summary>
enum StateKind : byte
{
    Broker = 1,
    Topic = 2,
    CommittedOffset = 3,
    Group = 4,
    Transaction = 5,
    ScramCredential = 6,
    Acl = 7,
    Quota = 8,
    BrokerConfig = 9,
    GroupConfig = 10,
    PendingOffset = 11,
}

/// <summary>One thing to remember, or to forget where there is no value.</summary>
readonly record struct StateChange(StateKind Kind, string Key, byte[]? Value);
