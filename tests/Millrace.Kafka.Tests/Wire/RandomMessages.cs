using System.Collections;
using System.Reflection;
using System.Text.Json;

namespace Millrace.Kafka.Tests.Wire;

/// <summary>Messages with any values in the fields that a version has, as golden values name them.</summary>
sealed class RandomMessages(Random random)
{
    /// <param name="full">Golden values in which nothing is null.</param>
    /// <param name="bare">Golden values in which all is null that may be.</param>
    internal object Make(Type type, JsonElement full, JsonElement bare)
    {
        var made = Activator.CreateInstance(type)!;
        foreach (var property in AnyMessage.Properties(type))
        {
            if (!full.TryGetProperty(property.Name, out var value)) continue;
            var leaves = bare.ValueKind == JsonValueKind.Object ? bare.GetProperty(property.Name) : default;
            property.SetValue(made, leaves.ValueKind == JsonValueKind.Null && random.Next(4) == 0 ? null : Value(property.PropertyType, value, leaves));
        }
        return made;
    }

    /// <summary>A message with thousands of empty items in each of its lists that lie that deep.</summary>
    internal static object Crowded(Type type, JsonElement full, int depth)
    {
        var made = Activator.CreateInstance(type)!;
        foreach (var property in AnyMessage.Properties(type))
        {
            if (!full.TryGetProperty(property.Name, out var value) || value.ValueKind != JsonValueKind.Array) continue;
            var list = (IList)Activator.CreateInstance(property.PropertyType)!;
            var item = property.PropertyType.GetGenericArguments()[0];
            property.SetValue(made, list);
            if (depth == 0)
            {
                for (var i = 0; i < 3_000; i++) list.Add(item == typeof(string) ? "" : Activator.CreateInstance(item));
            }
            else if (value[0].ValueKind == JsonValueKind.Object)
            {
                list.Add(Crowded(item, value[0], depth - 1));
            }
        }
        return made;
    }

    object Value(Type type, JsonElement full, JsonElement bare)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner) return Value(inner, full, bare);
        if (type.IsEnum) return Enum.ToObject(type, (short)Number());
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>)) return Items(type, full);
        if (type == typeof(byte[])) return Bytes();
        if (type == typeof(ReadOnlyMemory<byte>)) return new ReadOnlyMemory<byte>(Bytes());
        if (type == typeof(string)) return Text();
        if (type == typeof(Guid)) return new Guid(Bytes(16));
        return Type.GetTypeCode(type) switch
        {
            TypeCode.Boolean => random.Next(2) == 0,
            TypeCode.SByte => (sbyte)Number(),
            TypeCode.Int16 => (short)Number(),
            TypeCode.UInt16 => (ushort)Number(),
            TypeCode.Int32 => (int)Number(),
            TypeCode.Int64 => Number(),
            TypeCode.Double => random.NextDouble() * Number(),
            _ => Make(type, full, bare),
        };
    }

    object Items(Type type, JsonElement full)
    {
        var list = (IList)Activator.CreateInstance(type)!;
        var item = type.GetGenericArguments()[0];
        var count = random.Next(20) == 0 ? random.Next(40) : random.Next(4);
        // The second of two golden items is the bare one.
        for (var i = 0; i < count; i++) list.Add(Value(item, full[0], full[1]));
        return list;
    }

    long Number() => random.Next(5) switch
    {
        0 => 0,
        1 => -1,
        2 => random.Next(2) == 0 ? long.MaxValue : long.MinValue,
        3 => random.Next(300),
        _ => random.NextInt64(long.MinValue, long.MaxValue),
    };

    byte[] Bytes(int? count = null)
    {
        var bytes = new byte[count ?? (random.Next(20) == 0 ? random.Next(20_000) : random.Next(20))];
        random.NextBytes(bytes);
        return bytes;
    }

    string Text()
    {
        var letters = new char[random.Next(40) == 0 ? random.Next(10_000) : random.Next(12)];
        // No surrogates: half a pair isn't text.
        for (var i = 0; i < letters.Length; i++) letters[i] = (char)random.Next(random.Next(2) == 0 ? 128 : 0xD800);
        return new string(letters);
    }
}
