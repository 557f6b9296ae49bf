using System.Runtime.InteropServices;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// A folder of files of one format:
/// <code>
/// sales/year=2026/part-00001.parquet        a folder a value of each column that the files are parted by
/// sales/year=2026/part-00002.parquet        no file longer than it may be
/// </code>
/// The files are written to a folder beside it, and come into their place at the commit: see <see cref="FolderPublisher"/>.
/// </summary>
sealed class FolderSink(string folder, FileSink format, IReadOnlyList<string>? partitionBy, long? maxFileRows, long? maxFileBytes, FolderWrite write) : ISink
{
    public string Kind => Format.Kind;

    string Folder { get; } = folder;
    FileSink Format { get; } = format;
    IReadOnlyList<string> PartitionBy { get; } = write == FolderWrite.ReplacePartitions && partitionBy is null or []
        ? throw new ArgumentException("FolderWrite.ReplacePartitions replaces the folders that its rows are parted into. Name the columns they are parted by.", nameof(partitionBy))
        : partitionBy ?? [];

    long MaxFileRows { get; } = maxFileRows is null or > 0 ? maxFileRows ?? long.MaxValue : throw new ArgumentOutOfRangeException(nameof(maxFileRows), maxFileRows, "A file holds at least one row.");
    long MaxFileBytes { get; } = maxFileBytes is null or > 0 ? maxFileBytes ?? long.MaxValue : throw new ArgumentOutOfRangeException(nameof(maxFileBytes), maxFileBytes, "A file holds at least one byte.");
    FolderWrite Write { get; } = write;

    /// <summary>Whether files have the columns too that they are parted by.</summary>
    internal bool KeepsKeys { get; init; }

    /// <summary>Told of each file, by its path in the folder, and its rows.</summary>
    internal Action<string, long>? FileEnded { get; init; }

    public Task<ISinkWriter> OpenAsync(Schema schema, RunContext context, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var keys = PartitionBy.Select(schema.IndexOf).ToArray();
        if (keys.FirstOrDefault(k => schema[k].Type.IsNested || schema[k].Type.Kind == TypeKind.Binary, -1) is >= 0 and var odd)
            throw new PlanException($"Files can't be parted by '{schema[odd].Name}', a {schema[odd].Type}: its values make no names of folders.");
        var rest = Enumerable.Range(0, schema.Count).Except(KeepsKeys ? [] : keys).ToArray();
        if (rest.Length == 0) throw new PlanException("Files are parted by all their columns, and none is left to write. Part them by fewer.");
        var kept = new Schema(rest.Select(i => schema[i]));
        Format.Check(kept);
        return Task.FromResult<ISinkWriter>(new Writer(this, new FolderPublisher(Folder, Write), schema, kept, keys, rest, context));
    }

    sealed class Writer : ISinkWriter
    {
        // Each open file holds buffers: beyond these, the one that was idle longest is ended and a next part begun later.
        const int MostOpen = 64;

        // Rows of more folders than can be open wait here, so that each folder gets many at a time: written as they came,
        // every batch would end and begin a file a folder.
        const long MostWaiting = 64 << 20;

        readonly FolderSink sink;
        readonly FolderPublisher publisher;
        readonly Schema schema, kept;
        readonly int[] keys, rest;
        readonly RunContext context;
        readonly Dictionary<string, Part> parts = new(StringComparer.Ordinal);
        readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        readonly List<(Batch Batch, Dictionary<string, List<int>> Places)> waiting = [];
        readonly HashSet<string> waitingFor = new(StringComparer.Ordinal);
        readonly long mostWaiting;
        long rows, clock, waitingBytes;

        internal Writer(FolderSink sink, FolderPublisher publisher, Schema schema, Schema kept, int[] keys, int[] rest, RunContext context)
        {
            (this.sink, this.publisher, this.schema, this.kept, this.keys, this.rest, this.context) = (sink, publisher, schema, kept, keys, rest, context);
            mostWaiting = Math.Min(MostWaiting, context.MemoryLimit / 4 ?? MostWaiting);
        }

        public async ValueTask WriteAsync(Batch batch, CancellationToken cancel)
        {
            rows += batch.Count;
            if (keys.Length == 0)
            {
                await AppendAsync("", new Batch(kept, batch.Count, Columns(batch), batch.Memory), cancel).ConfigureAwait(false);
                return;
            }
            var places = ByFolder(batch);
            waiting.Add((batch, places));
            waitingBytes += BatchSize.Of(batch);
            waitingFor.UnionWith(places.Keys.Where(n => !parts.ContainsKey(n)));
            if (parts.Count + waitingFor.Count <= MostOpen || waitingBytes >= mostWaiting) await PutDownAsync(cancel).ConfigureAwait(false);
        }

        /// <summary>Writes the rows that wait, folder by folder and in the order they came in.</summary>
        async ValueTask PutDownAsync(CancellationToken cancel)
        {
            // Those whose file is open come first, before others need its place.
            foreach (var name in waiting.SelectMany(w => w.Places.Keys).Distinct().OrderBy(n => !parts.ContainsKey(n)).ToList())
            {
                foreach (var (batch, places) in waiting)
                {
                    if (!places.TryGetValue(name, out var chosen)) continue;
                    var memory = new BatchMemory();
                    memory.Hold(batch.Memory.Retain());
                    var columns = Columns(batch).Select(c => c.Take(CollectionsMarshal.AsSpan(chosen), memory)).ToArray();
                    await AppendAsync(name, new Batch(kept, chosen.Count, columns, memory), cancel).ConfigureAwait(false);
                }
            }
            LetGo();
        }

        void LetGo()
        {
            foreach (var (batch, _) in waiting) batch.Dispose();
            waiting.Clear();
            waitingFor.Clear();
            waitingBytes = 0;
        }

        IEnumerable<Column> Columns(Batch batch) => rest.Select(i => batch[i]);

        Dictionary<string, List<int>> ByFolder(Batch batch)
        {
            var places = new Dictionary<string, List<int>>(StringComparer.Ordinal);
            for (var row = 0; row < batch.Count; row++)
            {
                var name = string.Join('/', keys.Select(k => $"{Uri.EscapeDataString(schema[k].Name)}={Name(batch[k].ValueAt(row))}"));
                if (!places.TryGetValue(name, out var list)) places[name] = list = [];
                list.Add(row);
            }
            return places;
        }

        // Escaped, so that no value can name a folder outside: a slash becomes %2F, and a dot never stands alone behind the =.
        static string Name(object? value) => value is null ? PartitionColumns.NullName : Uri.EscapeDataString(ClrValue.Display(value));

        async ValueTask AppendAsync(string name, Batch batch, CancellationToken cancel)
        {
            for (var from = 0; from < batch.Count;)
            {
                var part = await PartAsync(name, cancel).ConfigureAwait(false);
                var count = (int)Math.Min(batch.Count - from, sink.MaxFileRows - part.Writer.Rows);
                part.Used = ++clock;
                await part.Writer.WriteAsync(count == batch.Count ? batch : batch.Slice(from, count), cancel).ConfigureAwait(false);
                from += count;
                if (from == batch.Count && count < batch.Count) batch.Dispose();
                if (part.Writer.Rows >= sink.MaxFileRows || IsLarge(part)) await EndAsync(name, cancel).ConfigureAwait(false);
            }
        }

        // By what has reached the disk: what a format still holds back comes on top.
        bool IsLarge(Part part) => sink.MaxFileBytes < long.MaxValue && new FileInfo(part.Path).Length >= sink.MaxFileBytes;

        async ValueTask<Part> PartAsync(string name, CancellationToken cancel)
        {
            if (parts.TryGetValue(name, out var part)) return part;
            if (parts.Count >= MostOpen) await EndAsync(parts.MinBy(p => p.Value.Used).Key, cancel).ConfigureAwait(false);
            var number = numbers[name] = numbers.GetValueOrDefault(name) + 1;
            var folder = Path.Combine(publisher.Staging, name);
            Directory.CreateDirectory(folder);
            var path = Path.Combine(folder, publisher.NameOf(number) + sink.Format.Extension);
            return parts[name] = new Part(sink.Format.Start(path, path, kept, context), path);
        }

        async Task EndAsync(string name, CancellationToken cancel)
        {
            parts.Remove(name, out var part);
            await using var writer = part!.Writer.ConfigureAwait(false);
            await part.Writer.FinishAsync(cancel).ConfigureAwait(false);
            sink.FileEnded?.Invoke(Path.GetRelativePath(publisher.Staging, part.Path), part.Writer.Rows);
        }

        public async Task<SinkReport> CommitAsync(CancellationToken cancel)
        {
            if (rows == 0 && publisher.TakesNothing) return new SinkReport(0, 0);
            await PutDownAsync(cancel).ConfigureAwait(false);
            // An empty result is a folder with one empty file: readers find the columns there.
            if (rows == 0 && keys.Length == 0) await PartAsync("", cancel).ConfigureAwait(false);
            foreach (var name in parts.Keys.ToList()) await EndAsync(name, cancel).ConfigureAwait(false);
            var bytes = 0L;
            foreach (var file in Directory.EnumerateFiles(publisher.Staging, "*", SearchOption.AllDirectories)) bytes += Disk.Flush(file);
            foreach (var folder in Directory.EnumerateDirectories(publisher.Staging, "*", SearchOption.AllDirectories).Append(publisher.Staging)) Disk.FlushFolder(folder);
            publisher.Publish();
            return new SinkReport(rows, bytes);
        }

        public async ValueTask DisposeAsync()
        {
            LetGo();
            foreach (var part in parts.Values)
            {
                try
                {
                    await part.Writer.DisposeAsync().ConfigureAwait(false);
                }
                catch (Exception e) when (Disk.Refused(e))
                {
                    // What is thrown away need not be written to its end: the disk may be full.
                }
            }
            parts.Clear();
            publisher.Dispose();
        }

        sealed class Part(FileWriter writer, string path)
        {
            internal FileWriter Writer { get; } = writer;
            internal string Path { get; } = path;
            internal long Used { get; set; }
        }
    }
}
