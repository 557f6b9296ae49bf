using System.Runtime.InteropServices;

namespace Millrace.Data.Engines.DuckDb;

static unsafe partial class Api
{
    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial LogicalType duckdb_create_logical_type(DuckDbTypeId type);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial LogicalType duckdb_create_list_type(LogicalType item);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial LogicalType duckdb_create_map_type(LogicalType key, LogicalType value);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial LogicalType duckdb_create_struct_type(nint* types, nint* names, ulong count);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial LogicalType duckdb_create_enum_type(nint* names, ulong count);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial LogicalType duckdb_create_decimal_type(byte width, byte scale);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial void duckdb_destroy_logical_type(ref nint type);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial DuckDbTypeId duckdb_get_type_id(LogicalType type);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial byte duckdb_decimal_width(LogicalType type);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial byte duckdb_decimal_scale(LogicalType type);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial DuckDbTypeId duckdb_decimal_internal_type(LogicalType type);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial DuckDbTypeId duckdb_enum_internal_type(LogicalType type);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial uint duckdb_enum_dictionary_size(LogicalType type);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_enum_dictionary_value(LogicalType type, ulong index);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial LogicalType duckdb_list_type_child_type(LogicalType type);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial LogicalType duckdb_array_type_child_type(LogicalType type);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial ulong duckdb_array_type_array_size(LogicalType type);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial LogicalType duckdb_map_type_key_type(LogicalType type);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial LogicalType duckdb_map_type_value_type(LogicalType type);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial ulong duckdb_struct_type_child_count(LogicalType type);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_struct_type_child_name(LogicalType type, ulong index);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial LogicalType duckdb_struct_type_child_type(LogicalType type, ulong index);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial void duckdb_destroy_value(ref nint value);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_create_null_value();

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_create_varchar_length(byte* text, ulong length);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_create_blob(byte* data, ulong length);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_create_bool(byte value);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_create_int16(short value);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_create_int32(int value);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_create_int64(long value);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_create_float(float value);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_create_double(double value);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_create_decimal(NativeDecimal value);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_create_date(int days);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_create_time(long microseconds);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_create_timestamp(long microseconds);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_create_timestamp_tz(long microseconds);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_create_interval(Interval value);

    [LibraryImport(DuckDbLibrary.Name)]
    internal static partial nint duckdb_create_uuid(NativeHugeInt value);
}

[StructLayout(LayoutKind.Sequential)]
readonly record struct Interval(int Months, int Days, long Microseconds);

[StructLayout(LayoutKind.Sequential)]
readonly record struct NativeHugeInt(ulong Lower, long Upper);

[StructLayout(LayoutKind.Sequential)]
readonly record struct NativeDecimal(byte Width, byte Scale, NativeHugeInt Value);
