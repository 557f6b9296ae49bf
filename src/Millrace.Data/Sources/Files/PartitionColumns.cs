using System.Globalization;
using System.Text;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// The columns that the folders of a file set say: <c>year=2026/month=7</c>. A column is int64 or date where all its
/// values are, text otherwise.
/// </summary>
sealed class PartitionColumns
{
    /// <summary>What a folder is called for rows whose value is null.</summary>
    internal const string NullName = "__HIVE_DEFAULT_PARTITION__";

    PartitionColumns(IEnumerable<Field> fields) => Fields = new Schema(fields);

    internal Schema Fields { get; }

    /// <exception cref="BadDataException">Some of the files lie in other folders than the rest.</exception>
    internal static PartitionColumns Of(IReadOnlyList<InputFile> files)
    {
        var names = files[0].Partitions.Select(p => p.Key).ToList();
        var odd = files.FirstOrDefault(f => !f.Partitions.Select(p => p.Key).SequenceEqual(names));
        if (odd is not null)
            throw new BadDataException($"'{files[0].Name}' lies in folders for ({string.Join(", ", names)}) and '{odd.Name}' in folders for ({string.Join(", ", odd.Partitions.Select(p => p.Key))}). Read them apart, or move one of them.", odd.Name);
        return new PartitionColumns(names.Select((n, i) => FieldOf(n, [.. files.Select(f => f.Partitions[i].Value)])));
    }

    static Field FieldOf(string name, string[] values)
    {
        var some = values.Where(v => v != NullName).ToList();
        // 007 is a name, not a seven: as a number it would lose what it was.
        var type = some.Count == 0 ? DataType.Text
            : some.All(v => long.TryParse(v, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) && n.ToString(CultureInfo.InvariantCulture) is var same && (same == v || same == v.TrimStart('0') && v.Length <= 2)) ? DataType.Int64
            : some.All(v => Date(v) is not null) ? DataType.Date
            : DataType.Text;
        return new Field(name, type, Nullable: some.Count < values.Length);
    }

    /// <summary>The value that all rows of the file have, <paramref name="count"/> times.</summary>
    internal Column Column(InputFile file, int index, int count)
    {
        var field = Fields[index];
        var text = file.Partitions.First(p => p.Key == field.Name).Value;
        if (text == NullName)
        {
            var blank = ColumnBuilder.For(field.Type);
            for (var i = 0; i < count; i++) blank.AddNull();
            return blank.Build();
        }
        return field.Type.Kind switch
        {
            TypeKind.Int64 => Repeated(field.Type, long.Parse(text, CultureInfo.InvariantCulture), count),
            TypeKind.Date => Repeated(field.Type, ClrValue.DaysOf(Date(text)!.Value), count),
            _ => RepeatedText(field.Type, Encoding.UTF8.GetBytes(text), count),
        };
    }

    static DateOnly? Date(string text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : null;

    static Column<T> Repeated<T>(DataType type, T value, int count) where T : unmanaged
    {
        var values = new T[count];
        values.AsSpan().Fill(value);
        return new Column<T>(type, values);
    }

    /// <summary>One text for all rows, held once.</summary>
    internal static BytesColumn RepeatedText(DataType type, byte[] text, int count)
    {
        var views = new BytesView[count];
        views.AsSpan().Fill(new BytesView(0, text.Length));
        return new BytesColumn(type, text, views);
    }
}
