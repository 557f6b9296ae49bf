using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Execution;

/// <summary>How results are written as JSON: the same on both sides of every edge.</summary>
static class ResultJson
{
    internal static JsonSerializerOptions Options { get; } = new()
    {
        // Tuples are made of fields.
        IncludeFields = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}

/// <summary>A result that can't be written or read as JSON.</summary>
sealed class ResultException(string message, Exception? inner = null) : Exception(message, inner);
