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

    static Field FieldOf(string name, string[] values) => new(name, PartitionColumn.TypeOf(values), Nullable: values.Contains(NullName));

    /// <summary>The value that all rows of the file have, <paramref name="count"/> times.</summary>
    internal Column Column(InputFile file, int index, int count, BatchMemory memory) =>
        PartitionColumn.Of(Fields[index].Type, file.Partitions.First(p => p.Key == Fields[index].Name).Value, count, memory);
}
