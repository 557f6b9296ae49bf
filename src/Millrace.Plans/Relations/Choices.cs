// Of Millrace.Data by name: the verbs of frames take them.
namespace Millrace.Data;

public enum PartsMismatch
{
    /// <summary>A row with more or fewer parts than columns is refused.</summary>
    Reject,

    /// <summary>It has null in all of the columns.</summary>
    Null,

    /// <summary>The last column takes all that is left, separators with it; columns without a part are null.</summary>
    Rest,
}

/// <summary>Which of the rows with equal keys stays.</summary>
public enum Keep
{
    First,
    Last,
}

public enum LookupMiss
{
    /// <summary>A row without a match is refused.</summary>
    Reject,

    /// <summary>It fails the run.</summary>
    Fail,

    /// <summary>It has the default values.</summary>
    Default,

    /// <summary>It has nulls.</summary>
    Null,
}
