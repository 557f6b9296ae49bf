namespace Millrace.Authoring.Compiling;

/// <summary>What the compiler's process is asked to do: these files, one assembly, into this folder.</summary>
sealed record CompileRequest
{
    public int Id { get; init; }
    /// <summary>Of the assembly.</summary>
    public required string Name { get; init; }
    /// <summary>The bytes that were hashed: a file that changes meanwhile can't end up in the wrong bundle.</summary>
    public required IReadOnlyList<SourceFile> Files { get; init; }
    /// <summary>An existing folder.</summary>
    public required string Output { get; init; }
    /// <summary>False keeps every local and line as written, for a debugger.</summary>
    public required bool Optimize { get; init; }
}

/// <param name="Path">Absolute: it goes into the symbols, where debuggers and stack traces find it.</param>
sealed record SourceFile(string Path, byte[] Content);

sealed record CompileAnswer(int Id, IReadOnlyList<Problem> Problems);
