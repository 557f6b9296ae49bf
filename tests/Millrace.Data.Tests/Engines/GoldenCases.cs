using static Millrace.Data.Columns;
using static Millrace.Data.Tests.Engines.GoldenCase;
using static Millrace.Data.TimeUnit;

namespace Millrace.Data.Tests.Engines;

/// <summary>What frames say and what SQL by hand says of the same tables: two texts for one result.</summary>
static partial class GoldenCases
{
    static Value C(string name) => Col(name);

    /// <summary>A value of each sale; NULLs are among amount, price and note.</summary>
    static readonly (Value Value, string Sql)[] values =
    [
        (C("amount") + 1, "amount + 1"), (C("amount") - C("id"), "amount - id"), (C("amount") * 2, "amount * 2"), (C("amount") / 3, "amount / 3"), (C("amount") % 3, "amount % 3"),
        (-C("amount"), "-amount"), ((C("amount") - 20).Abs(), "abs(amount - 20)"), ((C("amount") - 20).Sign(), "sign(amount - 20)::int"), (C("price") * C("amount"), "price * amount"), (C("price") / 2.0, "price / 2"),
        (C("cost") + C("cost"), "cost + cost"), (C("cost") * C("cost"), "cost * cost"), (C("cost") / 4, "(cost / 4)::float8"), (C("cost").Round(1), "round(cost, 1)"), (C("cost").Floor(), "floor(cost)"),
        (C("cost").Ceiling(), "ceil(cost)"), (C("price").Floor(), "floor(price)"), (C("price").Ceiling(), "ceil(price)"), (C("price").Round(), "round(price::numeric)::float8"), (C("price").Sqrt(), "sqrt(price)"),
        (C("price").Power(2), "power(price, 2)"), (C("price").Exp(), "exp(price)"), (C("amount").Clamp(10, 30), "least(greatest(amount, 10), 30)"), (Least(C("amount"), C("id")), "least(amount, id)"), (Greatest(C("amount"), 15), "greatest(amount, 15)"),
        (C("amount") == 10, "amount = 10"), (C("amount") != 10, "amount <> 10"), (C("amount") < C("id"), "amount < id"), (C("price") >= 2.5, "price >= 2.5"), (C("shop") < "north", "shop collate \"C\" < 'north'"),
        (C("amount").IsNull(), "amount is null"), (C("note").IsNotNull(), "note is not null"), (C("amount").Or(0), "coalesce(amount, 0)"), (C("amount").NullIf(10), "nullif(amount, 10)"), (C("amount").Same(C("id") * 10), "amount is not distinct from id * 10"),
        (C("amount").In(10, 20, 70), "amount in (10, 20, 70)"), (C("amount").Between(10, 40), "amount between 10 and 40"), (C("amount") > 10 & C("price") > 2.0, "amount > 10 and price > 2"), (C("amount") > 10 | C("price") > 2.0, "amount > 10 or price > 2"), (!(C("amount") > 10), "not amount > 10"),
        (When(C("amount") > 30).Then("much").When(C("amount") > 10).Then("some").Otherwise("little"), "case when amount > 30 then 'much' when amount > 10 then 'some' else 'little' end"), (C("amount").Cast(DataType.Int64), "amount::bigint"), (C("amount").Cast(DataType.Float64), "amount::float8"), (C("amount").Cast(DataType.Text), "amount::text"), (C("cost").Cast(DataType.Int32), "cost::int"),
        (C("shop").Upper(), "upper(shop)"), (C("note").Lower(), "lower(note)"), (C("note").Trim(), "btrim(note)"), (C("note").TrimStart(), "ltrim(note)"), (C("note").TrimEnd(), "rtrim(note)"),
        (C("shop").Reverse(), "reverse(shop)"), (C("note").Length(), "length(note)"), (C("shop").Concat("/", C("note")), "shop || '/' || note"), (C("shop").Substring(1), "substr(shop, 2)"), (C("shop").Substring(1, 2), "substr(shop, 2, 2)"),
        (C("note").Replace("a", "o"), "replace(note, 'a', 'o')"), (C("shop").StartsWith("no"), "shop like 'no%'"), (C("shop").EndsWith("th"), "shop like '%th'"), (C("shop").Contains("or"), "shop like '%or%'"), (C("shop").IndexOf("t"), "strpos(shop, 't') - 1"),
        (C("shop").PadLeft(7, "*"), "lpad(shop, 7, '*')"), (C("shop").PadRight(7, "*"), "rpad(shop, 7, '*')"), (C("note").Part(" ", 0), "split_part(note, ' ', 1)"), (C("note").Matches("^[a-c]"), "note ~ '^[a-c]'"), (C("note").Extract("([a-z]+) ([a-z]+)", 2), "(regexp_match(note, '([a-z]+) ([a-z]+)'))[2]"),
        (C("note").ReplacePattern("[aeiou]", "_"), "regexp_replace(note, '[aeiou]', '_', 'g')"), (C("note").Md5(), "md5(note)"), (C("day").Year(), "extract(year from day)::int"), (C("day").Quarter(), "extract(quarter from day)::int"), (C("day").Month(), "extract(month from day)::int"),
        (C("day").Week(), "extract(week from day)::int"), (C("day").Day(), "extract(day from day)::int"), (C("day").DayOfWeek(), "extract(dow from day)::int"), (C("day").DayOfYear(), "extract(doy from day)::int"), (C("at").Hour(), "extract(hour from at)::int"),
        (C("at").Minute(), "extract(minute from at)::int"), (C("at").Second(), "floor(extract(second from at))::int"), (C("at").Date(), "at::date"), (C("day").AddMonths(1), "(day + interval '1 month')::date"), (C("at") - C("day").Cast(DataType.Timestamp), "at - day::timestamp"),
        (C("day").Format("dd.MM.yyyy"), "to_char(day, 'DD.MM.YYYY')"), (C("at").Format("h:mm tt, MMMM"), "to_char(at, 'FMHH12:MI AM, FMMonth')"), (C("at").Format("dddd ss.f"), "to_char(at, 'FMDay SS.FF1')"), (C("day").Format("yyyy/M/d").ParseDate("yyyy/M/d"), "day"), (C("at").Format("yyMMdd HHmm").ParseTimestamp("yyMMdd HHmm"), "date_trunc('minute', at)"),
        (("2026-02-" + C("amount").Cast(DataType.Text)).TryParseDate("yyyy-MM-dd"), "case when amount <= 28 then make_date(2026, 2, amount) end"), (("7:" + C("amount").Cast(DataType.Text)).TryParseTime("H:mm"), "case when amount < 60 then make_time(7, amount, 0) end"), (C("note").TryParseTimestamp("yyyy-MM-dd HH:mm"), "null::timestamp"),
        (C("price").Log(), "ln(price)"), (C("price").Log10(), "log(price)"), (C("at").TimeOfDay(), "at::time"), (C("at").Truncate(Months), "date_trunc('month', at)"), (C("at").Truncate(Weeks), "date_trunc('week', at)"),
        (C("at").Truncate(Hours), "date_trunc('hour', at)"), ((C("at") - C("day").Cast(DataType.Timestamp)).TotalSeconds(), "extract(epoch from at - day::timestamp)::float8"), (C("note").EditDistance("bread"), "levenshtein(note, 'bread')"), (C("note").TryCast(DataType.Int32), "null::int"),
        (C("at").Cast(DataType.Timestamp) + C("id").Of(Days), "at + id * interval '1 day'"), (C("shop").Split("o"), "string_to_array(shop, 'o')"), (C("shop").Split("o").Item(0), "split_part(shop, 'o', 1)"), (C("shop").Split("o").ItemCount(), "array_length(string_to_array(shop, 'o'), 1)"),
    ];

    /// <summary>Verbs over sales and shops. What SQLite says in words of its own stands in its test.</summary>
    static readonly GoldenCase[] verbs =
    [
        Of((s, _) => s.Where(C("amount") > 20), "select * from sales where amount > 20"),
        Of((s, _) => s.Select("id", "shop"), "select id, shop from sales"),
        Of((s, _) => s.Drop("note", "at").Rename("day", "on"), "select id, shop, amount, price, cost, day from sales"),
        Of((s, _) => s.OrderBy(C("amount").Descending(), "id"), "select * from sales order by amount desc nulls last, id", ordered: true),
        Of((s, _) => s.OrderBy("note", "id").Skip(3).Take(4), "select * from sales order by note collate \"C\" nulls last, id offset 3 limit 4", ordered: true),
        Of((s, _) => s.Select("shop").Distinct(), "select distinct shop from sales"),
        Of((s, _) => s.GroupBy("shop").Aggregate(Count(), Sum("amount").As("s"), Average("price").As("a"), Min("amount").As("lo"), Max("note").As("hi")), "select shop, count(*), sum(amount), avg(price), min(amount), max(note collate \"C\") from sales group by shop"),
        Of((s, _) => s.GroupBy("shop").Aggregate(CountDistinct("amount").As("n"), Sum("cost").As("c"), Median("price").As("m"), Deviation("price").As("d"), Percentile("price", 0.25).As("q")), "select shop, count(distinct amount), sum(cost), percentile_cont(0.5) within group (order by price), stddev_samp(price), percentile_cont(0.25) within group (order by price) from sales group by shop"),
        Of((s, _) => s.GroupBy("shop").Aggregate(First("amount").By("id").As("f"), Last("amount").By("id").As("l"), Join("note", ",").By("id").As("j")), "select shop, (array_agg(amount order by id))[1], (array_agg(amount order by id desc))[1], string_agg(note, ',' order by id) from sales group by shop"),
        Of((s, _) => s.Aggregate(Count("amount").As("n"), Sum("amount").Where(C("shop") == "north").As("s"), All(C("id") > 0).As("all"), Any(C("amount") > 60).As("any")), "select count(amount), sum(amount) filter (where shop = 'north'), bool_and(id > 0), bool_or(amount > 60) from sales"),
        Of((s, h) => s.Join(h, "shop"), "select s.*, h.city, h.size from sales s join shops h on s.shop = h.shop"),
        Of((s, h) => s.LeftJoin(h, "shop").Select("id", "city"), "select id, city from sales s left join shops h on s.shop = h.shop"),
        Of((s, h) => s.FullJoin(h, "shop").Select("id", "city"), "select id, city from sales s full join shops h on s.shop = h.shop"),
        Of((s, h) => s.SemiJoin(h, "shop"), "select * from sales s where exists (select 1 from shops h where s.shop = h.shop)"),
        Of((s, h) => s.AntiJoin(h, "shop"), "select * from sales s where not exists (select 1 from shops h where s.shop = h.shop)"),
        Of((s, h) => s.Select("id").CrossJoin(h.Select("city")), "select id, city from sales, shops"),
        Of((s, h) => s.Select("shop").UnionAll(h.Select("shop")), "select shop from sales union all select shop from shops"),
        Of((s, h) => s.Select("shop").Union(h.Select("shop")), "select shop from sales union select shop from shops"),
        Of((s, h) => s.Select("shop").Intersect(h.Select("shop")), "select shop from sales intersect select shop from shops"),
        Of((s, h) => h.Select("shop").Except(s.Select("shop")), "select shop from shops except select shop from sales"),
        Of((s, _) => s.Select("id", RowNumber().Over(["shop"], ["id"]).As("n"), Sum("amount").Over(["shop"], ["id"], Rows.UpToHere).As("run")), "select id, row_number() over (partition by shop order by id), sum(amount) over (partition by shop order by id rows unbounded preceding) from sales"),
        Of((s, _) => s.Select("id", Lag("amount").Over(["shop"], ["id"]).As("before"), Lead("amount").Over(["shop"], ["id"]).As("after"), Average("price").Over(["shop"], ["id"], Rows.Last(2)).As("two")), "select id, lag(amount) over w, lead(amount) over w, avg(price) over (partition by shop order by id rows 1 preceding) from sales window w as (partition by shop order by id)"),
        Of((s, _) => s.Select("id", Rank().Over([], ["shop"]).As("r"), DenseRank().Over([], ["shop"]).As("d"), Bucket(3).Over([], ["id"]).As("b")), "select id, rank() over (order by shop collate \"C\"), dense_rank() over (order by shop collate \"C\"), ntile(3) over (order by id) from sales"),
        Of((s, _) => s.FillForward(["amount"], ["id"], ["shop"]).Select("id", "amount"), "select id, (select b.amount from sales b where b.shop is not distinct from a.shop and b.id <= a.id and b.amount is not null order by b.id desc limit 1) from sales a"),
        Of((s, _) => s.Select("id", ("x", C("amount").Cast(DataType.Float64)), "price").Unpivot(["x", "price"]), "select id, 'x', amount::float8 from sales union all select id, 'price', price from sales"),
    ];

    // Made when asked for: fields of other files may be set after those of this one.
    internal static IReadOnlyList<GoldenCase> All =>
    [
        .. values.Select(v => new GoldenCase($"s.Select(\"id\", {v.Sql})", (s, _) => Task.FromResult(s.Select("id", v.Value.As("x"))), $"select id, {v.Sql} from sales") { Name = v.Sql }),
        .. verbs, .. shapes, .. lambdas,
    ];
}
