using Millrace.Authoring.Bundles;
using Millrace.Authoring.Compiling;

namespace Millrace.Cli;

/// <summary>What this executable does as a child of another Millrace, before any command is parsed.</summary>
static class ChildMains
{
    internal static Task<int>? Find(string[] args) => args switch
    {
        ["compile"] => Task.FromResult(CompileMain.Run()),
        ["describe"] => Task.FromResult(DescribeMain.Run()),
        _ => null,
    };
}
