using System.Globalization;
using Millrace.Testing.Plans;
using SQLitePCL;

namespace Millrace.Data.Tests.Engines;

/// <summary>The golden cases once more, against what SQLite answers where it can say them.</summary>
public sealed class GoldenSqliteTests
{
    const string Part = "case when instr(note, ' ') > 0 then substr(note, 1, instr(note, ' ') - 1) else note end";

    /// <summary>What SQLite says in words of its own; the rest it says as PostgreSQL does.</summary>
    static readonly Dictionary<string, string> others = new()
    {
        // All costs and prices are above 0.
        ["floor(cost)"] = "cast(cost as int)",
        ["ceil(cost)"] = "cast(cost as int) + (cost > cast(cost as int))",
        ["floor(price)"] = "cast(price as int)",
        ["ceil(price)"] = "cast(price as int) + (price > cast(price as int))",
        ["power(price, 2)"] = "price * price",
        ["amount is not distinct from id * 10"] = "amount is id * 10",
        ["sign(amount - 20)::int"] = "sign(amount - 20)",
        ["(cost / 4)::float8"] = "cost / 4.0",
        ["round(price::numeric)::float8"] = "round(price)",
        ["least(greatest(amount, 10), 30)"] = "min(max(coalesce(amount, 10), 10), 30)",
        ["least(amount, id)"] = "min(coalesce(amount, id), id)",
        ["greatest(amount, 15)"] = "max(coalesce(amount, 15), 15)",
        ["amount::bigint"] = "amount",
        ["amount::float8"] = "cast(amount as real)",
        ["amount::text"] = "cast(amount as text)",
        ["cost::int"] = "cast(round(cost) as int)",
        ["btrim(note)"] = "trim(note)",
        ["shop like 'no%'"] = "shop glob 'no*'",
        ["shop like '%th'"] = "shop glob '*th'",
        ["shop like '%or%'"] = "shop glob '*or*'",
        ["strpos(shop, 't') - 1"] = "instr(shop, 't') - 1",
        ["lpad(shop, 7, '*')"] = "substr('*******', 1, 7 - length(shop)) || shop",
        ["rpad(shop, 7, '*')"] = "shop || substr('*******', 1, 7 - length(shop))",
        ["split_part(note, ' ', 1)"] = Part,
        ["note ~ '^[a-c]'"] = "note glob '[a-c]*'",
        ["extract(year from day)::int"] = "strftime('%Y', day)",
        ["extract(quarter from day)::int"] = "(strftime('%m', day) + 2) / 3",
        ["extract(month from day)::int"] = "strftime('%m', day)",
        ["extract(day from day)::int"] = "strftime('%d', day)",
        ["extract(dow from day)::int"] = "strftime('%w', day)",
        ["extract(doy from day)::int"] = "strftime('%j', day)",
        ["extract(hour from at)::int"] = "strftime('%H', at)",
        ["extract(minute from at)::int"] = "strftime('%M', at)",
        ["floor(extract(second from at))::int"] = "strftime('%S', at)",
        ["at::date"] = "date(at)",
        ["at::time"] = "strftime('%H:%M:%f', at)",
        ["null::int"] = "null",
        ["at + id * interval '1 day'"] = "strftime('%Y-%m-%d %H:%M:%f', at, id || ' days')",
        ["select count(amount), sum(amount) filter (where shop = 'north'), bool_and(id > 0), bool_or(amount > 60) from sales"] =
            "select count(amount), sum(amount) filter (where shop = 'north'), min(id > 0), max(amount > 60) from sales",
        ["select id, 'x', amount::float8 from sales union all select id, 'price', price from sales"] =
            "select id, 'x', cast(amount as real) from sales union all select id, 'price', price from sales",
        ["select id, city from sales s full join shops h on s.shop = h.shop"] =
            "select id, city from sales s left join shops h on s.shop = h.shop union all select null, city from shops h where not exists (select 1 from sales s where s.shop = h.shop)",
        ["select id, rank() over (order by shop collate \"C\"), dense_rank() over (order by shop collate \"C\"), ntile(3) over (order by id) from sales"] =
            "select id, rank() over (order by shop nulls last), dense_rank() over (order by shop nulls last), ntile(3) over (order by id) from sales",
        ["select id, (select b.amount from sales b where b.shop is not distinct from a.shop and b.id <= a.id and b.amount is not null order by b.id desc limit 1) from sales a"] =
            "select id, (select b.amount from sales b where b.shop is a.shop and b.id <= a.id and b.amount is not null order by b.id desc limit 1) from sales a",
        ["select * from sales order by note collate \"C\" nulls last, id offset 3 limit 4"] = "select * from sales order by note nulls last, id limit 4 offset 3",
    };

    /// <summary>What takes roots, regular expressions, exact decimals, calendars or aggregates that SQLite doesn't have.</summary>
    static readonly string[] unsaid =
        ["round(cost, 1)", "sqrt(", "exp(", "reverse(", "regexp_", "md5(", "week from", "interval '1 month'", "at - day::timestamp", "percentile_cont", "array_agg",
            "to_char(", "date_trunc(", "make_date(", "make_time(", "null::timestamp",
            "ln(price)", "log(price)", "levenshtein(", "string_to_array(", "split_part(shop"];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Verbs_and_functions_answer_as_SQLite_does()
    {
        Batteries_V2.Init();
        Assert.Equal(raw.SQLITE_OK, raw.sqlite3_open(":memory:", out var database));
        using var closing = database;
        Assert.Equal(raw.SQLITE_OK, raw.sqlite3_exec(database, GoldenTests.Tables));
        var sales = Table(database, "sales", new("id", DataType.Int32, false), new("shop", DataType.Text), new("amount", DataType.Int32), new("price", DataType.Float64),
            new("cost", DataType.Decimal(9, 2)), new("day", DataType.Date), new("at", DataType.Timestamp), new("note", DataType.Text));
        var shops = Table(database, "shops", new("shop", DataType.Text), new("city", DataType.Text), new("size", DataType.Int32));
        var compared = 0;
        var broken = new List<string>();
        foreach (var golden in GoldenCases.All.Where(IsSaid))
        {
            var text = golden.Sqlite ?? (Other(golden) is var (theirs, own) ? golden.Sql.Replace(theirs, own, StringComparison.Ordinal) : golden.Sql);
            try
            {
                var asked = await golden.Frame(sales, shops);
                var expected = ByHand(database, text.Replace(" collate \"C\"", "", StringComparison.Ordinal), asked.Schema);
                if (await golden.DifferenceAsync(asked, expected, null, Cancel) is { } difference) broken.Add($"{golden.Name}: {difference}");
                compared++;
            }
            catch (Exception wrong) when (wrong is not OperationCanceledException)
            {
                broken.Add($"{golden.Name}: {wrong.Message}");
            }
        }
        Assert.True(broken.Count == 0, string.Join("\n", broken));
        Assert.True(compared >= 160, $"Only {compared} cases were compared.");
    }

    static bool IsSaid(GoldenCase golden) => golden.Sqlite is { } own ? own.Length > 0 : !unsaid.Any(u => golden.Sql.Contains(u, StringComparison.Ordinal));

    // Of a value its SQL is the name, of a verb the whole text.
    static (string Theirs, string Own)? Other(GoldenCase golden) => others.TryGetValue(golden.Name, out var own)
        ? (golden.Name, own)
        : others.TryGetValue(golden.Sql, out own) ? (golden.Sql, own) : null;

    static Frame Table(sqlite3 database, string name, params Field[] fields) =>
        Frame.From(new MemoryTable(name, new Schema(fields), ByHand(database, $"select * from {name}", new Schema(fields))));

    static List<object?[]> ByHand(sqlite3 database, string sql, Schema schema)
    {
        Assert.True(raw.sqlite3_prepare_v2(database, sql, out var statement) == raw.SQLITE_OK, raw.sqlite3_errmsg(database).utf8_to_string());
        using var closing = statement;
        Assert.Equal(schema.Count, raw.sqlite3_column_count(statement));
        var builder = new BatchBuilder(schema);
        int code;
        while ((code = raw.sqlite3_step(statement)) == raw.SQLITE_ROW) builder.Add([.. schema.Select((f, i) => Value(statement, i, f.Type))]);
        Assert.Equal(raw.SQLITE_DONE, code);
        using var batch = builder.Build();
        return [.. Enumerable.Range(0, batch.Count).Select(batch.Row)];
    }

    // SQLite has numbers and texts; what they mean is for the frame to say.
    static object? Value(sqlite3_stmt row, int column, DataType type) => raw.sqlite3_column_type(row, column) == raw.SQLITE_NULL ? null : type.Kind switch
    {
        TypeKind.Boolean => raw.sqlite3_column_int(row, column) != 0,
        TypeKind.Int32 => raw.sqlite3_column_int(row, column),
        TypeKind.Int64 => raw.sqlite3_column_int64(row, column),
        TypeKind.Float64 => raw.sqlite3_column_double(row, column),
        TypeKind.Decimal => Math.Round((decimal)raw.sqlite3_column_double(row, column), ((DecimalType)type).Scale),
        TypeKind.Text => Text(row, column),
        TypeKind.Date => DateOnly.Parse(Text(row, column), CultureInfo.InvariantCulture),
        TypeKind.Time => TimeOnly.Parse(Text(row, column), CultureInfo.InvariantCulture),
        TypeKind.Timestamp => DateTime.Parse(Text(row, column), CultureInfo.InvariantCulture),
        _ => throw new InvalidOperationException($"SQLite says nothing that is a {type}."),
    };

    static string Text(sqlite3_stmt row, int column) => raw.sqlite3_column_text(row, column).utf8_to_string();
}
