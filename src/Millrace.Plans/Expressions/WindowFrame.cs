// Of Millrace.Data by name: the verbs of frames take it.
namespace Millrace.Data;

/// <summary>The rows around the current one; null bounds reach to the partition's end.</summary>
/// <param name="From">Rows before the current one, negative; 0 is the current row.</param>
/// <param name="To">Rows after it.</param>
public sealed record WindowFrame(int? From, int? To);
