namespace Millrace.Data;

/// <summary>A column that a table has.</summary>
/// <param name="SqlType">The type as its database calls it.</param>
/// <param name="Filled">Whether the database has a value for it where a load brings none: a default, a number of its own.</param>
sealed record TargetColumn(Field Field, string SqlType, bool Filled = false);
