using System.Globalization;
using System.Text;

namespace Millrace.Cli.Bench.Data;

/// <summary>
/// The files of the data benchmarks: a toll road's three exports, and the group-by and join tables of the well-known
/// database benchmark. Made once for a number of rows and kept in the temporary folder, unless --data names a folder
/// that has them.
/// </summary>
sealed class BenchFiles
{
    const int Seed = 108;
    readonly int rows;

    BenchFiles(string folder, int rows) => (Folder, this.rows) = (folder, rows);

    internal string Folder { get; }
    internal string this[string file] => Path.Combine(Folder, file);

    internal static BenchFiles Of(BenchOptions options)
    {
        if (options.Data is { } given)
        {
            return Directory.Exists(given)
                ? new BenchFiles(given, options.Rows ?? 10_000_000)
                : throw new UserErrorException($"There is no folder '{given}' for --data. Leave it out to have the files made.");
        }
        var rows = options.Rows ?? 10_000_000;
        return new BenchFiles(Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "millrace-bench-data", rows.ToString(CultureInfo.InvariantCulture))).FullName, rows);
    }

    /// <summary>vehicle-data.csv, tollplaza-data.tsv and payment-data.txt: the same vehicles, row by row, in three formats.</summary>
    internal void NeedToll() => Need(["vehicle-data.csv", "tollplaza-data.tsv", "payment-data.txt"], writers =>
    {
        var random = new Random(Seed);
        string[] kinds = ["car", "car", "car", "car", "car", "van", "truck", "truck"], methods = ["PTE", "PTC", "PTP"];
        var codes = Enumerable.Range(0, 512).Select(_ => $"VC{random.Next(10)}{random.Next(256):X2}").ToArray();
        var plazas = Enumerable.Range(0, 64).Select(_ => (Id: random.Next(4000, 10_000), Code: $"PC7C{random.Next(1 << 20):X5}")).ToArray();
        var start = new DateTime(2021, 8, 19, 23, 7, 58);
        var time = "";
        for (var i = 1; i <= rows; i++)
        {
            if (i % 4 == 0 || i == 1) time = start.AddSeconds(i / 4).ToString("ddd MMM dd HH:mm:ss yyyy", CultureInfo.InvariantCulture);
            var (vehicle, kind, plaza, code, method) = (random.Next(100_000, 1_000_000), kinds[random.Next(8)], plazas[random.Next(64)], codes[random.Next(512)], methods[random.Next(3)]);
            var axles = kind == "truck" ? random.Next(3, 7) : 2;
            writers[0].Write(CultureInfo.InvariantCulture, $"{i},{time},{vehicle},{kind},{axles},{code}\n");
            writers[1].Write(CultureInfo.InvariantCulture, $"{i}\t{time}\t{vehicle}\t{kind}\t{axles}\t{plaza.Id}\t{plaza.Code}\n");
            writers[2].Write(CultureInfo.InvariantCulture, $"{i,8} {time} {vehicle,6} {plaza.Id,6} {plaza.Code} {method} {code}\n");
        }
    });

    /// <summary>G1.csv: three text keys and three integer keys of few and of many values, three measures.</summary>
    internal void NeedGroups() => Need(["G1.csv"], writers =>
    {
        var (random, many) = (new Random(Seed), Math.Max(1, rows / 100) + 1);
        writers[0].Write(CultureInfo.InvariantCulture, $"id1,id2,id3,id4,id5,id6,v1,v2,v3\n");
        for (var i = 0; i < rows; i++)
        {
            writers[0].Write(CultureInfo.InvariantCulture,
                $"id{random.Next(1, 101):000},id{random.Next(1, 101):000},id{random.Next(1, many):0000000000},{random.Next(1, 101)},{random.Next(1, 101)},{random.Next(1, many)},{random.Next(1, 6)},{random.Next(1, 16)},{Measure(random)}\n");
        }
    });

    /// <summary>J1_x.csv and the three tables it joins with; nine keys in ten have a partner.</summary>
    internal void NeedJoins() => Need(["J1_x.csv", "J1_small.csv", "J1_medium.csv", "J1_big.csv"], writers =>
    {
        var random = new Random(Seed);
        var (small, medium, big) = (new Keys(Math.Max(10, rows / 1_000_000), random), new Keys(Math.Max(10, rows / 1_000), random), new Keys(rows, random));
        writers[0].Write(CultureInfo.InvariantCulture, $"id1,id2,id3,id4,id5,id6,v1\n");
        writers[1].Write(CultureInfo.InvariantCulture, $"id1,id4,v2\n");
        writers[2].Write(CultureInfo.InvariantCulture, $"id1,id2,id4,id5,v2\n");
        writers[3].Write(CultureInfo.InvariantCulture, $"id1,id2,id3,id4,id5,id6,v2\n");
        for (var i = 0; i < rows; i++)
        {
            var (a, b, c) = (small.Left(random), medium.Left(random), big.Left(i));
            writers[0].Write(CultureInfo.InvariantCulture, $"{a},{b},{c},id{a},id{b},id{c},{Measure(random)}\n");
            (a, b, c) = (small.Right(random), medium.Right(random), big.Right(i));
            writers[3].Write(CultureInfo.InvariantCulture, $"{a},{b},{c},id{a},id{b},id{c},{Measure(random)}\n");
        }
        for (var i = 0; i < small.Count; i++)
            writers[1].Write(CultureInfo.InvariantCulture, $"{small.Right(i)},id{small.Right(i)},{Measure(random)}\n");
        for (var i = 0; i < medium.Count; i++)
        {
            var (a, b) = (small.Right(random), medium.Right(i));
            writers[2].Write(CultureInfo.InvariantCulture, $"{a},{b},id{a},id{b},{Measure(random)}\n");
        }
    });

    // A number from 0 to 100 with six digits behind the point.
    static double Measure(Random random) => random.Next(100_000_001) / 1e6;

    void Need(string[] files, Action<TextLines[]> make)
    {
        if (files.All(file => File.Exists(this[file]))) return;
        var writers = files.Select(file => new TextLines(this[file])).ToArray();
        try
        {
            make(writers);
            foreach (var writer in writers) writer.Publish();
        }
        finally
        {
            foreach (var writer in writers) writer.Dispose();
        }
    }

    /// <summary>As many keys on both sides, nine in ten of them shared; each side in an order of its own.</summary>
    sealed class Keys
    {
        readonly int[] left, right;

        internal Keys(int count, Random random)
        {
            var (all, shared) = (Enumerable.Range(1, count + count / 10).ToArray(), count - count / 10);
            random.Shuffle(all);
            left = all[..count];
            right = [.. all[..shared], .. all[count..]];
            random.Shuffle(left);
            random.Shuffle(right);
        }

        internal int Count => right.Length;
        internal int Left(int at) => left[at];
        internal int Left(Random random) => left[random.Next(left.Length)];
        internal int Right(int at) => right[at % right.Length];
        internal int Right(Random random) => right[random.Next(right.Length)];
    }

    /// <summary>A file that has its name only when it is whole.</summary>
    sealed class TextLines(string path) : IDisposable
    {
        readonly StreamWriter writer = new(path + ".part", append: false, new UTF8Encoding(false), 1 << 20);

        internal void Write(IFormatProvider culture, FormattableString line) => writer.Write(line.ToString(culture));

        internal void Publish()
        {
            writer.Dispose();
            File.Move(path + ".part", path, overwrite: true);
        }

        public void Dispose()
        {
            writer.Dispose();
            File.Delete(path + ".part");
        }
    }
}
