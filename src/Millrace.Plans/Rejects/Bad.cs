namespace Millrace.Data;

/// <summary>What becomes of a value that isn't one of its column's type.</summary>
public enum Bad
{
    /// <summary>The read ends with an error that names file, line, column and value.</summary>
    Fail,

    /// <summary>The row goes to the run's rejects.</summary>
    Reject,

    /// <summary>The value becomes null and the row stays; a row that is broken as a whole is rejected.</summary>
    Null,
}
