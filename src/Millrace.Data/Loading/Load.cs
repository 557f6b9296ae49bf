namespace Millrace.Data;

/// <summary>What a load does with the rows that a target has.</summary>
public enum Load
{
    /// <summary>The rows of the load take the place of all others, at once.</summary>
    Full,

    /// <summary>The rows are added to those that are there. With <see cref="LoadOptions.Id"/>, a load that ran before adds nothing.</summary>
    Append,

    /// <summary>Rows whose key the target hasn't are added, and the others left as they are.</summary>
    InsertOnly,

    /// <summary>New keys are added, known ones changed where a value differs.</summary>
    Upsert,

    /// <summary>All rows that have a key of the load are deleted and the load's added: the way to replace days or partitions.</summary>
    DeleteInsert,

    /// <summary>
    /// A changed row is closed and a new version added: the columns <c>valid_from</c>, <c>valid_to</c> and <c>is_current</c> say when each
    /// was true. A change that took effect before the version that is current is late: it is rejected.
    /// </summary>
    Scd2,

    /// <summary>Only rows past <see cref="LoadOptions.Bookmark"/> are read; they are upserted where the target has a key, else appended.</summary>
    Incremental,
}

/// <summary>What becomes of the second row of a load with the same key.</summary>
public enum DuplicateKeys
{
    /// <summary>The load fails and says which.</summary>
    Fail,

    /// <summary>The first row is loaded, the others are rejected.</summary>
    Reject,
}
