using System.Collections;

namespace Millrace.Kafka.Tests.Wire;

/// <summary>Whether two messages say the same.</summary>
static class Alike
{
    internal static bool Are(object? one, object? other, out string difference)
    {
        difference = $"{one ?? "null"} became {other ?? "null"}";
        switch (one, other)
        {
            case (null, null):
                return true;
            case (null, _) or (_, null):
                return false;
            case (byte[] a, byte[] b):
                return a.AsSpan().SequenceEqual(b);
            case (ReadOnlyMemory<byte> a, ReadOnlyMemory<byte> b):
                return a.Span.SequenceEqual(b.Span);
            case (IList a, IList b):
                if (a.Count != b.Count) return false;
                for (var i = 0; i < a.Count; i++)
                {
                    if (!Are(a[i], b[i], out difference)) return false;
                }
                return true;
            case var _ when one.GetType().Assembly == typeof(Millrace.Kafka.Wire.WireReader).Assembly && one.GetType().IsClass:
                foreach (var property in AnyMessage.Properties(one.GetType()))
                {
                    if (Are(property.GetValue(one), property.GetValue(other), out difference)) continue;
                    difference = $"{property.Name}: {difference}";
                    return false;
                }
                return true;
            default:
                return one.Equals(other);
        }
    }
}
