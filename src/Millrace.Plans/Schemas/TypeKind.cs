namespace Millrace.Data;

/// <summary>What a column can hold. Every executor has each of these; docs/formats.md says how each is stored.</summary>
public enum TypeKind : byte
{
    /// <summary>Nothing but null: the type of a bare <c>null</c>.</summary>
    Null,
    Boolean,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    Decimal,

    /// <summary>UTF-8, compared byte by byte.</summary>
    Text,
    Binary,
    Date,

    /// <summary>Time of day.</summary>
    Time,

    /// <summary>A date and time on somebody's wall: no zone.</summary>
    Timestamp,

    /// <summary>A point in time, kept in UTC.</summary>
    Instant,

    /// <summary>An elapsed time of fixed length, in microseconds: no months.</summary>
    Duration,
    Uuid,

    /// <summary>One of a fixed list of names; carried as its name.</summary>
    Enum,
    List,
    Struct,
    Map,
}
