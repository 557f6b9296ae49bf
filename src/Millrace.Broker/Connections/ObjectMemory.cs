namespace Millrace.Broker.Connections;

/// <summary>
/// Memory for what requests say, from when they are read until they are answered: an item of a byte on the wire can be an object of
/// many. Small requests and large ones have each their own, so that nobody who sends large ones is in the way of those who don't.
/// </summary>
/// <param name="mostLarge">What large requests may take together, and one of them by itself.</param>
sealed class ObjectMemory(long mostSmall, long mostLarge)
{
    /// <summary>What a small request takes at the most: one that lists some hundreds of things.</summary>
    internal const int Small = 64 << 10;

    /// <summary>What a request takes that may wait as long as it likes: as many wait as there are connections.</summary>
    internal const int MostPatient = 2 << 10;

    readonly MemoryBudget small = new(mostSmall), large = new(mostLarge);

    internal long Limit => mostSmall + mostLarge;

    internal long Used => small.Used + large.Used;

    /// <summary>The most that was used at once.</summary>
    internal long Peak => small.Peak + large.Peak;

    /// <summary>The most that a request of that length can take.</summary>
    internal long MostOf(int length) => Math.Min(mostLarge, Math.Max((long)length * Kafka.Wire.WireReader.MostForAByte, Small + 1));

    internal bool TryTake(long bytes) => LaneOf(bytes).TryTake(bytes);

    internal Task TakeAsync(long bytes) => LaneOf(bytes).TakeAsync(bytes);

    /// <summary>Gives back the part of what was taken for a large request that it doesn't need.</summary>
    internal void Trim(long taken, long needed) => large.Return(taken - needed);

    internal void Return(long bytes) => LaneOf(bytes).Return(bytes);

    MemoryBudget LaneOf(long bytes) => bytes <= Small ? small : large;
}
