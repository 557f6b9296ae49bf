using System.Buffers;

namespace Millrace.Data;

/// <summary>
/// What a Parquet file ends with, as far as joining files needs it. It is a struct of Thrift's compact protocol:
/// <code>
/// FileMetaData   3 num_rows, 4 row_groups [RowGroup]; all else (schema, key values, orders) is the same in all parts
/// RowGroup       1 columns [ColumnChunk], 5 file_offset, 7 ordinal
/// ColumnChunk    2 file_offset, 3 meta_data ColumnMetaData, 4 offset_index_offset, 6 column_index_offset
/// ColumnMetaData 9 data_page_offset, 10 index_page_offset, 11 dictionary_page_offset, 14 bloom_filter_offset
/// </code>
/// </summary>
sealed class ParquetFooter
{
    const int NumRows = 3, RowGroups = 4;

    readonly List<(int Id, int Type, byte[] Value)> fields = [];
    readonly ArrayBufferWriter<byte> groups = new();
    long rows;

    /// <summary>How many row groups there are.</summary>
    internal int Groups { get; private set; }

    /// <summary>The columns, by their place, whose values stand in a dictionary.</summary>
    internal HashSet<int> Dictionaries { get; } = [];

    /// <param name="shift">How far the groups move.</param>
    /// <param name="groupsBefore">How many come before them.</param>
    internal static ParquetFooter Read(ReadOnlySpan<byte> bytes, long shift, int groupsBefore)
    {
        var footer = new ParquetFooter();
        var reader = new ThriftReader(bytes);
        for (var id = 0; reader.NextField(ref id, out var type);)
        {
            var start = reader.Position;
            if (id == NumRows)
            {
                footer.rows = reader.Integer();
            }
            else if (id == RowGroups)
            {
                var (count, _) = reader.List();
                var move = new Move(shift, new ThriftWriter(footer.groups), footer.Dictionaries);
                for (var i = 0; i < count; i++) move.Struct(ref reader, Place.RowGroup, groupsBefore, 0);
                footer.Groups = count;
                start = reader.Position;
            }
            else
            {
                reader.Skip(type);
            }
            footer.fields.Add((id, type, bytes[start..reader.Position].ToArray()));
        }
        return footer;
    }

    /// <summary>Appends the groups of a footer that was read with its shift.</summary>
    internal void Add(ParquetFooter next)
    {
        groups.Write(next.groups.WrittenSpan);
        Groups += next.Groups;
        rows += next.rows;
    }

    internal byte[] ToBytes()
    {
        var into = new ArrayBufferWriter<byte>();
        var writer = new ThriftWriter(into);
        var last = 0;
        foreach (var (id, type, value) in fields)
        {
            writer.Field(ref last, id, type);
            if (id == NumRows)
            {
                writer.Integer(rows);
            }
            else if (id == RowGroups)
            {
                writer.List(Groups, ThriftReader.Struct);
                writer.Raw(groups.WrittenSpan);
            }
            else
            {
                writer.Raw(value);
            }
        }
        writer.Stop();
        return into.WrittenSpan.ToArray();
    }

    enum Place { RowGroup, Chunk, Metadata }

    /// <summary>Copies the description of a row group and moves the offsets in it.</summary>
    readonly ref struct Move(long shift, ThriftWriter writer, HashSet<int> dictionaries)
    {
        internal void Struct(ref ThriftReader reader, Place place, int groupsBefore, int column)
        {
            var written = 0;
            for (var id = 0; reader.NextField(ref id, out var type);)
            {
                switch (place, id)
                {
                    case (Place.RowGroup, 1):
                        writer.Field(ref written, id, type);
                        var (count, item) = reader.List();
                        writer.List(count, item);
                        for (var i = 0; i < count; i++) Struct(ref reader, Place.Chunk, 0, i);
                        break;
                    case (Place.Chunk, 3):
                        writer.Field(ref written, id, type);
                        Struct(ref reader, Place.Metadata, 0, column);
                        break;
                    case (Place.RowGroup, 5) or (Place.Chunk, 2 or 4 or 6) or (Place.Metadata, 9 or 10 or 11 or 14):
                        writer.Field(ref written, id, type);
                        // Nothing lies at 0: writers say so that an offset isn't given.
                        var offset = reader.Integer();
                        writer.Integer(offset == 0 ? 0 : offset + shift);
                        if ((place, id) == (Place.Metadata, 11) && offset != 0) dictionaries.Add(column);
                        break;
                    case (Place.RowGroup, 7):
                        // It may be left out, and has to be where it has outgrown its 16 bits.
                        var ordinal = reader.Integer() + groupsBefore;
                        if (ordinal > short.MaxValue) break;
                        writer.Field(ref written, id, type);
                        writer.Integer(ordinal);
                        break;
                    default:
                        writer.Field(ref written, id, type);
                        writer.Raw(reader.Skip(type));
                        break;
                }
            }
            writer.Stop();
        }
    }
}
