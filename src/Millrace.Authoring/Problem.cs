using System.Text.Json;
using System.Text.Json.Serialization;
using Millrace.Authoring.Bundles;
using Millrace.Authoring.Compiling;

namespace Millrace.Authoring;

/// <summary>Why a source can't be used, and where.</summary>
/// <param name="Path">The full path of the file; null when it is only known for the source as a whole.</param>
/// <param name="Line">1 and up; 0 when it isn't known.</param>
sealed record Problem(string? Path, int Line, int Column, string Kind, string Message);

/// <summary>The words of <see cref="Metadata.DagError.Kind"/>, beside those of <see cref="Dags.DiscoveryError.Kind"/>.</summary>
static class ProblemKind
{
    public const string Syntax = "syntax", Type = "type", Package = "package", Duplicate = "duplicate", Build = "build", Timeout = "timeout",
        Memory = "memory", Empty = "empty", Unreadable = "unreadable", Project = "project", Internal = "internal";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CompileRequest))]
[JsonSerializable(typeof(CompileAnswer))]
[JsonSerializable(typeof(DescribeRequest))]
[JsonSerializable(typeof(DescribeAnswer))]
[JsonSerializable(typeof(Description))]
[JsonSerializable(typeof(BundleIndex.Content))]
sealed partial class AuthoringJson : JsonSerializerContext
{
    public static string Line<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) => JsonSerializer.Serialize(value, type);
}
