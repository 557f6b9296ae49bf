using System.Globalization;
using System.Text.Json;

namespace Millrace.Kafka.Messages;

/// <summary>One message as its JSON file defines it.</summary>
sealed record MessageDefinition(string Name, string Kind, int? ApiKey, Versions Valid, Versions Flexible, IReadOnlyList<FieldDefinition> Fields, IReadOnlyDictionary<string, StructDefinition> Shared)
{
    static readonly JsonDocumentOptions Commented = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    internal static MessageDefinition Read(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(path), Commented);
        var root = document.RootElement;
        var shared = root.TryGetProperty("commonStructs", out var structs)
            ? structs.EnumerateArray().Select(s => new StructDefinition(FieldDefinition.ClassOf(Text(s, "name")!), Versions.Parse(Text(s, "versions")), FieldDefinition.ReadAll(s))).ToDictionary(s => s.Name)
            : [];
        var name = Text(root, "name")!;
        var valid = Versions.Parse(Text(root, "validVersions"));
        if (Wanted.Older.TryGetValue(name, out var oldest)) valid = valid with { Low = oldest };
        return new(name, Text(root, "type")!, root.TryGetProperty("apiKey", out var key) ? key.GetInt32() : null,
            valid, Versions.Parse(Text(root, "flexibleVersions")), FieldDefinition.ReadAll(root), shared);
    }

    internal static string? Text(JsonElement element, string name) => !element.TryGetProperty(name, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => value.GetRawText(),
    };
}

sealed record StructDefinition(string Name, Versions Versions, IReadOnlyList<FieldDefinition> Fields);

sealed record FieldDefinition(string Name, string Said, Versions Versions, Versions Nullable, Versions Tagged, int? Tag, string? Default, bool Ignorable, IReadOnlyList<FieldDefinition> Fields)
{
    /// <summary>Some structures are called like a field beside them, or within them, which C# can't have.</summary>
    static readonly HashSet<string> taken = ["TopicPartitions", "Assignment", "Cursor", "TransactionState", "ReplicaState", "SnapshotId", "PartitionResult"];

    internal string Type { get; } = ClassOf(Said);

    internal static string ClassOf(string said) => taken.Contains(said.Replace("[]", "", StringComparison.Ordinal)) ? said + "Part" : said;

    internal bool IsArray => Type.StartsWith("[]", StringComparison.Ordinal);

    internal string Item => IsArray ? Type[2..] : Type;

    internal bool IsStruct => char.IsUpper(Item[0]);

    internal static IReadOnlyList<FieldDefinition> ReadAll(JsonElement owner) => !owner.TryGetProperty("fields", out var fields) ? [] :
    [
        .. fields.EnumerateArray().Select(f => new FieldDefinition(
            MessageDefinition.Text(f, "name")!, MessageDefinition.Text(f, "type")!, Versions.Parse(MessageDefinition.Text(f, "versions")),
            Versions.Parse(MessageDefinition.Text(f, "nullableVersions")), Versions.Parse(MessageDefinition.Text(f, "taggedVersions")),
            MessageDefinition.Text(f, "tag") is { } tag ? int.Parse(tag, CultureInfo.InvariantCulture) : null,
            MessageDefinition.Text(f, "default"), MessageDefinition.Text(f, "ignorable") == "true", ReadAll(f))),
    ];
}
