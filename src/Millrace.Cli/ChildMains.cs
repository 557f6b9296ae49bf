namespace Millrace.Cli;

/// <summary>What this executable does as a child of another Millrace, before any command is parsed.</summary>
static class ChildMains
{
    internal static Task<int>? Find(string[] args) => args switch
    {
        _ => null,
    };
}
