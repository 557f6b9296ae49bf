using System.Runtime.InteropServices;

namespace Millrace.Data.Engines.DuckDb;

/// <summary>A type as DuckDB keeps it.</summary>
sealed unsafe class LogicalType : DuckDbHandle
{
    internal DuckDbTypeId Id => Api.duckdb_get_type_id(this);

    internal byte DecimalWidth => Api.duckdb_decimal_width(this);
    internal byte DecimalScale => Api.duckdb_decimal_scale(this);

    /// <summary>The integer that a decimal or an enum is stored as.</summary>
    internal DuckDbTypeId StoredAs => Id switch
    {
        DuckDbTypeId.Decimal => Api.duckdb_decimal_internal_type(this),
        DuckDbTypeId.Enum => Api.duckdb_enum_internal_type(this),
        var id => id,
    };

    internal static LogicalType Of(DuckDbTypeId id) => Api.duckdb_create_logical_type(id);
    internal static LogicalType Decimal(int width, int scale) => Api.duckdb_create_decimal_type((byte)width, (byte)scale);

    internal static LogicalType List(LogicalType item)
    {
        using (item) return Api.duckdb_create_list_type(item);
    }

    internal static LogicalType Map(LogicalType key, LogicalType value)
    {
        using (key)
        using (value)
            return Api.duckdb_create_map_type(key, value);
    }

    internal static LogicalType Struct(IReadOnlyList<(string Name, LogicalType Type)> fields)
    {
        var types = stackalloc nint[fields.Count];
        using var names = new NativeTexts(fields.Select(f => f.Name));
        for (var i = 0; i < fields.Count; i++) types[i] = fields[i].Type.handle;
        var made = Api.duckdb_create_struct_type(types, names.Pointers, (ulong)fields.Count);
        foreach (var (_, type) in fields) type.Dispose();
        return made;
    }

    internal static LogicalType Enum(IEnumerable<string> members)
    {
        using var names = new NativeTexts(members);
        return Api.duckdb_create_enum_type(names.Pointers, (ulong)names.Count);
    }

    internal LogicalType Item() => Id == DuckDbTypeId.Array ? Api.duckdb_array_type_child_type(this) : Api.duckdb_list_type_child_type(this);
    internal int ArraySize() => (int)Api.duckdb_array_type_array_size(this);
    internal LogicalType Key() => Api.duckdb_map_type_key_type(this);
    internal LogicalType Value() => Api.duckdb_map_type_value_type(this);
    internal int FieldCount() => (int)Api.duckdb_struct_type_child_count(this);
    internal string FieldName(int index) => Api.TakeText(Api.duckdb_struct_type_child_name(this, (ulong)index));
    internal LogicalType FieldType(int index) => Api.duckdb_struct_type_child_type(this, (ulong)index);

    internal string[] EnumNames()
    {
        var names = new string[Api.duckdb_enum_dictionary_size(this)];
        for (var i = 0; i < names.Length; i++) names[i] = Api.TakeText(Api.duckdb_enum_dictionary_value(this, (ulong)i));
        return names;
    }

    internal nint Pointer => handle;

    private protected override void Release(ref nint native) => Api.duckdb_destroy_logical_type(ref native);
}

/// <summary>Texts in native memory, each ended by a zero, for as long as a call needs them.</summary>
sealed unsafe class NativeTexts : IDisposable
{
    readonly List<nint> texts;

    internal NativeTexts(IEnumerable<string> texts)
    {
        this.texts = [.. texts.Select(Marshal.StringToCoTaskMemUTF8)];
        Pointers = (nint*)NativeMemory.Alloc((nuint)Math.Max(1, Count), (nuint)sizeof(nint));
        for (var i = 0; i < Count; i++) Pointers[i] = this.texts[i];
    }

    internal int Count => texts.Count;
    internal nint* Pointers { get; }

    public void Dispose()
    {
        foreach (var text in texts) Marshal.FreeCoTaskMem(text);
        NativeMemory.Free(Pointers);
    }
}
