namespace Millrace.Plans;

/// <summary>
/// A C# delegate inside a plan, one parameter an argument. Equal where the delegate is the same. A plan with one can be
/// read as text but not run by another process.
/// </summary>
/// <param name="Name">For people: the lambda's text, or where it stands.</param>
/// <param name="Nullable">Whether it may return null.</param>
/// <param name="SeesNulls">False: a null argument makes the result null without a call.</param>
public sealed record Callback(string Name, Delegate Body, DataType Type, bool Nullable, bool SeesNulls = true);
