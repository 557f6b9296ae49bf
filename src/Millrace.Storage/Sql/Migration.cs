namespace Millrace.Storage.Sql;

/// <summary>A step of the schema; once released it never changes.</summary>
sealed record Migration(int Version, string Name, string Script);
