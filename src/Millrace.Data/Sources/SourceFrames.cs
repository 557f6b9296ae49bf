namespace Millrace.Data;

/// <summary>Frames of tables, queries, datasets and other sources that are at hand.</summary>
public static class SourceFrames
{
    /// <summary>All rows, as a frame: <c>Sqlite.Open("app.sqlite").Table("stats").Read()</c>.</summary>
    public static Frame Read(this ISource source) => Frame.From(source);

    /// <summary>All rows as records; their properties find their columns by name.</summary>
    public static Frame<T> Read<T>(this ISource source) => Frame.From(source).As<T>();
}
