using System.Buffers.Binary;
using System.Text;

namespace Millrace.Data.Engines.DuckDb;

/// <summary>A single value on its way into a statement.</summary>
sealed unsafe class DuckDbValue : DuckDbHandle
{
    DuckDbValue(nint pointer) => SetHandle(pointer);

    internal nint Pointer => handle;

    internal static DuckDbValue From(object? value) => new(value switch
    {
        null => Api.duckdb_create_null_value(),
        bool v => Api.duckdb_create_bool(v ? (byte)1 : (byte)0),
        short v => Api.duckdb_create_int16(v),
        int v => Api.duckdb_create_int32(v),
        long v => Api.duckdb_create_int64(v),
        float v => Api.duckdb_create_float(v),
        double v => Api.duckdb_create_double(v),
        decimal v => Decimal(v),
        string v => Text(v),
        byte[] v => Blob(v),
        DateOnly v => Api.duckdb_create_date(v.DayNumber - Epoch.DayNumber),
        TimeOnly v => Api.duckdb_create_time(v.Ticks / TimeSpan.TicksPerMicrosecond),
        DateTime v => Api.duckdb_create_timestamp(Microseconds(v)),
        DateTimeOffset v => Api.duckdb_create_timestamp_tz(Microseconds(v.UtcDateTime)),
        TimeSpan v => Api.duckdb_create_interval(new(0, 0, v.Ticks / TimeSpan.TicksPerMicrosecond)),
        Guid v => Api.duckdb_create_uuid(Uuid(v)),
        _ => throw new ArgumentException($"A {value.GetType()} can't be a parameter of a DuckDB statement.", nameof(value)),
    });

    private protected override void Release(ref nint native) => Api.duckdb_destroy_value(ref native);

    static readonly DateOnly Epoch = DateOnly.FromDateTime(DateTime.UnixEpoch);

    static long Microseconds(DateTime value) => (value.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    static NativeHugeInt Uuid(Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        return new(BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), BinaryPrimitives.ReadInt64BigEndian(bytes));
    }

    static nint Decimal(decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        var magnitude = (Int128)new UInt128((uint)bits[2], ((ulong)(uint)bits[1] << 32) | (uint)bits[0]);
        var unscaled = value < 0 ? -magnitude : magnitude;
        return Api.duckdb_create_decimal(new(38, value.Scale, new((ulong)unscaled, (long)(unscaled >> 64))));
    }

    static nint Text(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        fixed (byte* start = bytes) return Api.duckdb_create_varchar_length(start, (ulong)bytes.Length);
    }

    static nint Blob(byte[] value)
    {
        fixed (byte* start = value) return Api.duckdb_create_blob(start, (ulong)value.Length);
    }
}
