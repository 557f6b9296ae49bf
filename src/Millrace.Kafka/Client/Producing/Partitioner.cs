using System.Buffers.Binary;
using Millrace.Kafka.Records;

namespace Millrace.Kafka;

/// <summary>Gives each key its partition. Records without a key go to one partition until its batch is full, then to another.</summary>
public abstract class Partitioner
{
    /// <summary>That of Apache Kafka's own clients.</summary>
    public static Partitioner Murmur2 { get; } = new Murmur2Partitioner();

    /// <summary>That of librdkafka by itself (<c>consistent_random</c>), and so of kcat, confluent-kafka and Confluent.Kafka.</summary>
    public static Partitioner Crc32 { get; } = new Crc32Partitioner();

    /// <param name="key">The bytes of the key, which isn't null.</param>
    /// <returns>A number from 0 to below <paramref name="partitions"/>.</returns>
    public abstract int Choose(ReadOnlySpan<byte> key, int partitions);

    /// <summary>Whether an empty key is treated like one that isn't there.</summary>
    internal virtual bool SpreadsEmptyKeys => false;

    sealed class Murmur2Partitioner : Partitioner
    {
        public override int Choose(ReadOnlySpan<byte> key, int partitions) => (int)(Hash(key) & 0x7fff_ffff) % partitions;

        static uint Hash(ReadOnlySpan<byte> key)
        {
            const uint Seed = 0x9747b28c, Factor = 0x5bd1e995;
            var hash = Seed ^ (uint)key.Length;
            for (; key.Length >= 4; key = key[4..])
            {
                var k = BinaryPrimitives.ReadUInt32LittleEndian(key) * Factor;
                hash = hash * Factor ^ (k ^ k >> 24) * Factor;
            }
            if (key.Length == 3) hash ^= (uint)key[2] << 16;
            if (key.Length >= 2) hash ^= (uint)key[1] << 8;
            if (key.Length >= 1) hash = (hash ^ key[0]) * Factor;
            hash = (hash ^ hash >> 13) * Factor;
            return hash ^ hash >> 15;
        }
    }

    sealed class Crc32Partitioner : Partitioner
    {
        internal override bool SpreadsEmptyKeys => true;

        public override int Choose(ReadOnlySpan<byte> key, int partitions) => (int)(Millrace.Kafka.Records.Crc32.Of(key) % (uint)partitions);
    }
}
