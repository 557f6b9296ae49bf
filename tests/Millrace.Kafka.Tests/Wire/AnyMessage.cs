using System.Reflection;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Tests.Wire;

/// <summary>A kind of message whose type is found while tests run.</summary>
abstract class AnyMessage
{
    internal static IReadOnlyDictionary<string, AnyMessage> ByName { get; } = typeof(IMessage<>).Assembly.GetTypes()
        .Where(type => type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IMessage<>)))
        .ToDictionary(type => type.Name, type => (AnyMessage)Activator.CreateInstance(typeof(Of<>).MakeGenericType(type))!);

    internal abstract Type Type { get; }

    internal abstract short Oldest { get; }

    internal abstract short Newest { get; }

    internal abstract short FlexibleFrom { get; }

    /// <summary>Reads a message, and says how many bytes behind it were left over.</summary>
    internal abstract object Read(ReadOnlyMemory<byte> bytes, short version, out int left);

    /// <summary>Reads it, and says what memory the reader counted.</summary>
    internal abstract long Hold(ReadOnlyMemory<byte> bytes, short version);

    internal abstract byte[] Write(object message, short version);

    internal static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public);

    sealed class Of<T> : AnyMessage where T : IMessage<T>
    {
        internal override Type Type => typeof(T);

        internal override short Oldest => T.Oldest;

        internal override short Newest => T.Newest;

        internal override short FlexibleFrom => T.FlexibleFrom;

        internal override object Read(ReadOnlyMemory<byte> bytes, short version, out int left)
        {
            var reader = new WireReader(bytes);
            var message = T.Read(ref reader, version);
            left = reader.Left;
            return message;
        }

        internal override long Hold(ReadOnlyMemory<byte> bytes, short version)
        {
            var reader = new WireReader(bytes);
            T.Read(ref reader, version);
            return reader.Held;
        }

        internal override byte[] Write(object message, short version)
        {
            using var writer = new WireWriter();
            ((T)message).Write(writer, version);
            return writer.Written.ToArray();
        }
    }
}
