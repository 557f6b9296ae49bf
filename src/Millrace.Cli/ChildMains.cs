using Millrace.Authoring.Bundles;
using Millrace.Authoring.Compiling;
using Millrace.Execution;

namespace Millrace.Cli;

/// <summary>What this executable does as a child of another Millrace, before any command is parsed.</summary>
static class ChildMains
{
    // A method each: what one of them needs is not loaded for the others. A worker has no use for the compiler.
    internal static Task<int>? Find(string[] args) => args switch
    {
        ["compile"] => Compile(),
        ["describe"] => Describe(),
        ["worker", .. var options] when options.Contains("--connect") => Worker(options),
        _ => null,
    };

    static Task<int> Compile() => Task.FromResult(CompileMain.Run());
    static Task<int> Describe() => Task.FromResult(DescribeMain.Run());
    static Task<int> Worker(string[] options) => Task.FromResult(WorkerMain.Run(options));
}
