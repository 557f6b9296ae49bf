using System.Runtime.InteropServices;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// Sees while rows are staged that no two have one key, which spares the database a look at all of them. It keeps hashes:
/// two keys of one hash, a type that databases compare in ways of their own, or more keys than it holds, and the database is asked.
/// </summary>
sealed class KeyWatch
{
    const int First = 1 << 16, Most = 1 << 23;
    readonly int[] columns;
    ulong[] slots = new ulong[First];
    int count;

    KeyWatch(int[] columns) => this.columns = columns;

    /// <summary>Null where only the database can tell.</summary>
    internal static KeyWatch? Of(Schema staged, IReadOnlyList<MatchedColumn> key) =>
        key.Count > 0 && key.All(k => k.Staged.Type.Kind is TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64 or TypeKind.Uuid or TypeKind.Text or TypeKind.Enum
            or TypeKind.Date or TypeKind.Time or TypeKind.Timestamp or TypeKind.Instant)
            ? new KeyWatch([.. key.Select(k => staged.IndexOf(k.Staged.Name))])
            : null;

    /// <summary>False once keys may repeat.</summary>
    internal bool AllDiffer { get; private set; } = true;

    internal void See(Batch batch)
    {
        if (!AllDiffer) return;
        var hashes = new ulong[batch.Count];
        foreach (var column in columns) Hash(batch[column], hashes);
        foreach (var hash in hashes)
        {
            if (Add(hash == 0 ? 1 : hash)) continue;
            AllDiffer = false;
            slots = [];
            return;
        }
    }

    static void Hash(Column column, Span<ulong> hashes)
    {
        switch (column)
        {
            case Column<short> c: Values(c.Values, hashes); break;
            case Column<int> c: Values(c.Values, hashes); break;
            case Column<long> c: Values(c.Values, hashes); break;
            case Column<Guid> c: Values(c.Values, hashes); break;
            case BytesColumn c:
                for (var i = 0; i < hashes.Length; i++) hashes[i] = Hashing.Of(hashes[i], Hashing.Of(c[i]));
                break;
        }
    }

    static void Values<T>(ReadOnlySpan<T> values, Span<ulong> hashes) where T : unmanaged
    {
        for (var i = 0; i < hashes.Length; i++) hashes[i] = Hashing.Of(hashes[i], Hashing.Of(MemoryMarshal.AsBytes(values.Slice(i, 1))));
    }

    // Open addressing, at most half full; 0 is an empty slot.
    bool Add(ulong hash)
    {
        if (count >= slots.Length / 2 && !Grow()) return false;
        var mask = (uint)slots.Length - 1;
        for (var at = (uint)hash & mask; ; at = (at + 1) & mask)
        {
            if (slots[at] == hash) return false;
            if (slots[at] != 0) continue;
            slots[at] = hash;
            count++;
            return true;
        }
    }

    bool Grow()
    {
        if (slots.Length >= Most) return false;
        var old = slots;
        (slots, count) = (new ulong[old.Length * 2], 0);
        foreach (var hash in old)
            if (hash != 0) Add(hash);
        return true;
    }
}
