using static Millrace.Data.Columns;
using static Millrace.Data.Tests.Engines.GoldenCase;

namespace Millrace.Data.Tests.Engines;

static partial class GoldenCases
{
    const string Columns = "id, shop, amount, price, cost, day, at, note";

    /// <summary>The rich verbs, by names: what no one word of SQL says.</summary>
    static readonly GoldenCase[] shapes =
    [
        Of((s, _) => s.With("twice", C("amount") * 2), "select *, amount * 2 from sales"),
        Of((s, _) => s.With(("amount", C("amount") + 1), ("big", C("amount") > 20)), "select id, shop, amount + 1, price, cost, day, at, note, amount > 20 from sales"),
        Of((s, _) => s.Reorder("note", "id"), "select note, id, shop, amount, price, cost, day, at from sales"),
        Of((s, _) => s.Rename(("day", "on"), ("at", "when")).Select("when", "on"), "select at, day from sales"),
        Of((s, _) => s.Select("id", "amount").Cast("amount", DataType.Text), "select id, cast(amount as text) from sales"),
        Of((s, _) => s.OrderBy("id").Head(3), "select * from sales order by id limit 3", ordered: true),
        Of((s, _) => s.OrderBy("id").Tail(3), "select * from (select * from sales order by id desc limit 3) t order by id", ordered: true),
        Of((s, _) => s.OrderBy(C("shop").Descending().NullsFirst(), C("price")).Select("id"), "select id from sales order by shop collate \"C\" desc nulls first, price nulls last", ordered: true),
        Of((s, _) => s.Check("amount is large", C("amount") > 20), "select * from sales where amount > 20", rejected: 3),
        Of((s, _) => s.Require("id is positive", C("id") > 0), "select * from sales"),

        Of((s, _) => s.Deduplicate(["shop"], Keep.First, ["id"]), $"select {Columns} from (select *, row_number() over (partition by shop order by id) n from sales) t where n = 1"),
        Of((s, _) => s.Deduplicate(["shop"], Keep.Last, [C("amount").Descending(), "id"]), $"select {Columns} from (select *, row_number() over (partition by shop order by amount nulls first, id desc) n from sales) t where n = 1"),
        Of((s, _) => s.Select("shop", "amount").Deduplicate(["shop", "amount"]), "select distinct shop, amount from sales"),
        Of((s, _) => s.GroupBy("shop").First(C("price").Descending()), $"select {Columns} from (select *, row_number() over (partition by shop order by price desc nulls last) n from sales) t where n = 1"),
        Of((s, _) => s.GroupBy("shop").Last("id"), $"select {Columns} from (select *, row_number() over (partition by shop order by id desc) n from sales) t where n = 1"),
        Of((s, _) => s.OrderBy("id").DeduplicateNearly("note", 2), "select * from sales s where not exists (select 1 from sales e where e.id < s.id and levenshtein(e.note, s.note) <= 2)", sqlite: Unsaid),
        Of((s, _) => s.OrderBy("id").DeduplicateNearly("note", 11, ["shop"]), "select * from sales s where not exists (select 1 from sales e where e.id < s.id and e.shop = s.shop and levenshtein(e.note, s.note) <= 11)", sqlite: Unsaid),

        Of((s, _) => s.GroupBy("shop").Count(), "select shop, count(*) from sales group by shop"),
        Of((s, _) => s.GroupBy(("year", C("day").Year()), ("big", C("amount") > 20)).Aggregate(Sum("cost").As("cost")), "select extract(year from day)::int, amount > 20, sum(cost) from sales group by 1, 2", sqlite: "select cast(strftime('%Y', day) as int), amount > 20, sum(cost) from sales group by 1, 2"),
        Of((s, _) => s.GroupBy("shop").Aggregate(Variance("amount").As("v"), Percentile("amount", 0.9).As("p"), CountDistinct(C("amount") / 20).As("n")), "select shop, var_samp(amount)::float8, percentile_cont(0.9) within group (order by amount), count(distinct amount / 20) from sales group by shop", sqlite: Unsaid),
        Of((s, _) => s.GroupBy("shop").Aggregate(List("id").By(C("id").Descending()).As("ids"), Sum("amount").Distinct().As("s")), "select shop, array_agg(id order by id desc), sum(distinct amount) from sales group by shop", sqlite: Unsaid),
        Of((s, _) => s.GroupBy("shop").Aggregate((Sum("amount") * 100 / Count()).As("mean"), Count().Where(C("price") > 2.0).As("dear")), "select shop, sum(amount) * 100 / count(*), count(*) filter (where price > 2) from sales group by shop"),
        Of((s, _) => s.Where(C("id") < 0).Aggregate(Count(), Sum("amount").As("s"), Max("price").As("m")), "select count(*), sum(amount), max(price) from sales where id < 0"),
        Of((s, _) => s.GroupBy("shop").Nest("rows", "id").Select("shop", C("rows").ItemCount().As("n"), C("rows").Item(0).Field("amount").As("first"), C("rows").Item(1).Field("note").As("second")), "select shop, count(*), (select amount from sales b where b.shop is not distinct from a.shop order by id limit 1), (select note from sales b where b.shop is not distinct from a.shop order by id limit 1 offset 1) from sales a group by shop", sqlite: "select shop, count(*), (select amount from sales b where b.shop is a.shop order by id limit 1), (select note from sales b where b.shop is a.shop order by id limit 1 offset 1) from sales a group by shop"),
        Of((s, _) => s.GroupBy("shop").Nest("rows", "id").Flatten("rows").Select("shop", C("rows").Field("id").As("id"), C("rows").Field("cost").As("cost")), "select shop, id, cost from sales"),
        Of((s, _) => s.Where(C("note") != "").Select("id", C("note").Split(" ").As("word")).Flatten("word"), "select id, unnest(string_to_array(note, ' ')) from sales where note <> ''", sqlite: "select sales.id, value from sales, json_each('[\"' || replace(note, ' ', '\",\"') || '\"]') where note <> ''"),
        Of((s, _) => s.Select("id", C("note").Split(" ").As("word")).Flatten("word", keepEmpty: true), "select id, word from sales left join lateral unnest(string_to_array(note, ' ')) word on true where note is null or note <> '' union all select id, note from sales where note = ''", sqlite: "select sales.id, value from sales left join json_each('[\"' || replace(note, ' ', '\",\"') || '\"]')"),

        Of((s, h) => s.RightJoin(h, "shop").Select("id", "shop", "city"), "select id, h.shop, city from sales s right join shops h on s.shop = h.shop", sqlite: "select id, h.shop, city from shops h left join sales s on s.shop = h.shop"),
        Of((s, h) => s.Join(h, ("shop", "shop"), ("id", "size")).Select("id", "city"), "select id, city from sales s join shops h on s.shop = h.shop and s.id = h.size"),
        Of((s, h) => s.Join(h, (C("id") - 1, C("size"))).Select("id", "city"), "select id, city from sales s join shops h on s.id - 1 = h.size"),
        Of((s, h) => s.AsOfJoin(h, ("id", "size")).Select("id", "city"), "select id, (select city from shops h where h.size <= s.id order by h.size desc limit 1) from sales s"),
        Of((s, h) => s.AsOfJoin(h, ("id", "size"), "shop").Select("id", "city"), "select id, (select city from shops h where h.size <= s.id and h.shop = s.shop order by h.size desc limit 1) from sales s"),
        Of((s, h) => s.OrderBy("id").Select("id").Zip(h.OrderBy("size").Select("city")), "select id, city from (select id, row_number() over (order by id) n from sales) a left join (select city, row_number() over (order by size) n from shops) b on a.n = b.n"),
        Of((s, h) => s.Lookup(h, "shop", ["city"]), "select s.*, city from sales s join shops h on s.shop = h.shop", rejected: 3),
        Of((s, h) => s.Lookup(h, "shop", [("where", C("city")), "size"], LookupMiss.Null).Select("id", "where", "size"), "select id, city, size from sales s left join shops h on s.shop = h.shop"),
        Of((s, h) => s.Lookup(h, ("shop", "shop"), ["city"], LookupMiss.Default, [("city", Lit("elsewhere"))]).Select("id", "city"), "select id, coalesce(city, 'elsewhere') from sales s left join shops h on s.shop = h.shop"),
        Of((s, h) => s.Where(C("shop").In("north", "south")).Lookup(h, [("shop", "shop")], ["size"], LookupMiss.Fail).Select("id", "size"), "select id, size from sales s join shops h on s.shop = h.shop"),

        Of((s, _) => s.With("year", C("day").Year() / 5).Pivot("shop", ["north", "south"], ["year"], Sum("amount")), "select extract(year from day)::int / 5, sum(amount) filter (where shop = 'north'), sum(amount) filter (where shop = 'south') from sales group by 1", sqlite: "select strftime('%Y', day) / 5, sum(amount) filter (where shop = 'north'), sum(amount) filter (where shop = 'south') from sales group by 1"),
        Of((s, _) => s.Pivot("shop", ["west", null], [], Count().As("n"), Average("price").As("mean")), "select count(*) filter (where shop = 'west'), avg(price) filter (where shop = 'west'), count(*) filter (where shop is null), avg(price) filter (where shop is null) from sales"),
        Of((s, _) => s.Where(C("shop").IsNotNull()).With("many", C("amount") > 20).PivotAsync("shop", ["many"], [Count()]), "select amount > 20, count(*) filter (where shop = 'north'), count(*) filter (where shop = 'south'), count(*) filter (where shop = 'west') from sales where shop is not null group by 1"),

        Of((s, _) => s.BinByEdges("amount", [0, 30, 60], over: "much"), "select *, case when amount > 60 then 'much' when amount >= 30 then '[30, 60]' when amount >= 0 then '[0, 30)' end from sales"),
        Of((s, _) => s.BinByEdges("amount", [20, 50, 100], "size", ["mid", "high"]), "select *, case when amount < 50 then 'mid' when amount >= 50 then 'high' end from sales where amount is null or amount between 20 and 100", rejected: 2),
        Of((s, _) => s.BinByWidth("amount", 3).Select("id", "amount_bin"), "select id, case when amount is not null then least(width_bucket(amount, 10, 70, 3), 3) - 1 end from sales", sqlite: "select id, case when amount is not null then min((amount - 10) / 20, 2) end from sales"),
        Of((s, _) => s.BinByWidth("price", 2, "half", ["low", "high"]).Select("id", "half"), "select id, case when price < 0.4 + 6.9 / 2 then 'low' when price is not null then 'high' end from sales"),
        Of((s, _) => s.BinByQuantiles("amount", 4).Select("id", "amount_bin"), "select id, case when amount <= q[1] then 0 when amount <= q[2] then 1 when amount <= q[3] then 2 when amount is not null then 3 end from sales, (select percentile_cont(array[0.25, 0.5, 0.75]) within group (order by amount) q from sales) t", sqlite: Unsaid),
        Of((s, _) => s.BinByQuantiles("id", 2, labels: ["first", "second"]).Select("id", "id_bin"), "select id, case when id <= 4.5 then 'first' else 'second' end from sales"),

        Of((s, _) => s.Fill("amount", 0).Fill(["shop", "note"], "?"), "select id, coalesce(shop, '?'), coalesce(amount, 0), price, cost, day, at, coalesce(note, '?') from sales"),
        Of((s, _) => s.FillBackward(["amount", "price"], ["id"], ["shop"]).Select("id", "amount", "price"), "select id, (select b.amount from sales b where b.shop is not distinct from a.shop and b.id >= a.id and b.amount is not null order by b.id limit 1), (select b.price from sales b where b.shop is not distinct from a.shop and b.id >= a.id and b.price is not null order by b.id limit 1) from sales a", sqlite: "select id, (select b.amount from sales b where b.shop is a.shop and b.id >= a.id and b.amount is not null order by b.id limit 1), (select b.price from sales b where b.shop is a.shop and b.id >= a.id and b.price is not null order by b.id limit 1) from sales a"),
        Of((s, _) => s.FillMean(["amount", "price"], ["shop"]).Select("id", "amount", "price"), "select id, coalesce(amount, avg(amount) over (partition by shop))::float8, coalesce(price, avg(price) over (partition by shop)) from sales", sqlite: "select id, coalesce(cast(amount as real), avg(amount) over (partition by shop)), coalesce(price, avg(price) over (partition by shop)) from sales"),
        Of((s, _) => s.FillMedian(["amount"]).Select("id", "amount"), "select id, coalesce(amount, (select percentile_cont(0.5) within group (order by amount) from sales))::float8 from sales", sqlite: "select id, cast(coalesce(amount, (select amount from sales where amount is not null order by amount limit 1 offset 3)) as real) from sales"),

        Of((s, _) => s.ConvertUnits("price", "mile", "km").Select("id", "price"), "select id, price * 1.609344 from sales"),
        Of((s, _) => s.ConvertUnits("price", "celsius", "fahrenheit", "warm").Select("price", "warm"), "select price, price * 9 / 5 + 32 from sales"),
        Of((s, _) => s.Select("id", "note").Split("note", " ", ["a", "b"]), "select id, split_part(note, ' ', 1), split_part(note, ' ', 2) from sales where note is null or length(note) - length(replace(note, ' ', '')) = 1", sqlite: "select id, substr(note, 1, instr(note, ' ') - 1), substr(note, instr(note, ' ') + 1) from sales where note is null or length(note) - length(replace(note, ' ', '')) = 1", rejected: 4),
        Of((s, _) => s.Select("id", "note").Split("note", " ", ["a", "b"], PartsMismatch.Null), "select id, case when n = 1 then split_part(note, ' ', 1) end, case when n = 1 then split_part(note, ' ', 2) end from (select *, length(note) - length(replace(note, ' ', '')) n from sales) t", sqlite: Unsaid),
        Of((s, _) => s.Select("id", "note").Split("note", "a", ["a", "b"], PartsMismatch.Rest, keep: true), "select id, note, split_part(note, 'a', 1), case when strpos(note, 'a') > 0 then substr(note, strpos(note, 'a') + 1) end from sales", sqlite: "select id, note, case when instr(note, 'a') > 0 then substr(note, 1, instr(note, 'a') - 1) else note end, case when instr(note, 'a') > 0 then substr(note, instr(note, 'a') + 1) end from sales"),
        Of((s, _) => s.Select("id", "note").Extract("note", "(?<first>[a-z]+) (?<second>[a-z]+)", nullWithoutMatch: true), "select id, note, (regexp_match(note, '([a-z]+) ([a-z]+)'))[1], (regexp_match(note, '([a-z]+) ([a-z]+)'))[2] from sales", sqlite: Unsaid),
        Of((s, _) => s.Select("id", "note").Extract("note", "^(?<start>[a-z])"), "select id, note, substr(note, 1, 1) from sales where note is null or note ~ '^[a-z]'", sqlite: "select id, note, substr(note, 1, 1) from sales where note is null or note glob '[a-z]*'", rejected: 3),

        Of((s, _) => s.Select("id", PercentRank().Over([], ["shop"]).As("p"), CumulativeShare().Over([], ["shop"]).As("c")), "select id, percent_rank() over (order by shop collate \"C\" nulls last), cume_dist() over (order by shop collate \"C\" nulls last) from sales"),
        Of((s, _) => s.Select("id", FirstValue("price").Over(["shop"], ["id"]).As("f"), LastValue("id").Over(["shop"], ["id"], Rows.All).As("l")), "select id, first_value(price) over (partition by shop order by id), last_value(id) over (partition by shop order by id rows between unbounded preceding and unbounded following) from sales"),
        Of((s, _) => s.Select("id", Lag("id", 2, -1).Over([], ["id"]).As("before"), Lead("id", 1, 0).Over(["shop"], [C("id").Descending()]).As("after")), "select id, lag(id, 2, -1) over (order by id), lead(id, 1, 0) over (partition by shop order by id desc) from sales"),
        Of((s, _) => s.Select("id", LastKnown("price").Over([], ["id"]).As("l"), NextKnown("amount").Over([], ["id"]).As("n")), "select id, (select b.price from sales b where b.id <= a.id and b.price is not null order by b.id desc limit 1), (select b.amount from sales b where b.id >= a.id and b.amount is not null order by b.id limit 1) from sales a"),
        Of((s, _) => s.Select("id", (C("price") / Sum("price").Over(["shop"])).As("share"), Count().Over(["shop"]).As("n"), Max("id").Over([], ["shop"]).As("m")), "select id, price / sum(price) over (partition by shop), count(*) over (partition by shop), max(id) over (order by shop collate \"C\" nulls last) from sales"),
        Of((s, _) => s.Select("id", Sum("id").Over([], ["id"], Rows.Around(1, 1)).As("s"), Min("cost").Over([], ["id"], Rows.Around(null, 1)).As("m"), Count("amount").Over([], ["id"], Rows.Last(3)).As("n")), "select id, sum(id) over (order by id rows between 1 preceding and 1 following), min(cost) over (order by id rows between unbounded preceding and 1 following), count(amount) over (order by id rows 2 preceding) from sales"),
        Of((s, _) => s.With("n", RowNumber().Over(["shop"], [C("cost").Descending()])).Where(C("n") <= 2).Select("id", "n"), "select id, n from (select id, row_number() over (partition by shop order by cost desc) n from sales) t where n <= 2"),

        Of((s, _) => s.Select("id", "amount", "shop").Describe(), "select 'id', 'int32?', count(id), count(*) - count(id), count(distinct id), min(id)::text, max(id)::text, avg(id)::float8, stddev_samp(id)::float8, percentile_cont(0.25) within group (order by id), percentile_cont(0.5) within group (order by id), percentile_cont(0.75) within group (order by id) from sales union all select 'amount', 'int32?', count(amount), count(*) - count(amount), count(distinct amount), min(amount)::text, max(amount)::text, avg(amount)::float8, stddev_samp(amount)::float8, percentile_cont(0.25) within group (order by amount), percentile_cont(0.5) within group (order by amount), percentile_cont(0.75) within group (order by amount) from sales union all select 'shop', 'text?', count(shop), count(*) - count(shop), count(distinct shop), min(shop collate \"C\"), max(shop collate \"C\"), null, null, null, null, null from sales", sqlite: Unsaid),

        Of((s, h) => s.Select("shop", "id").UnionAll(h.Select("shop", "size")).GroupBy("shop").Aggregate(Sum("id").As("s")), "select shop, sum(id) from (select shop, id from sales union all select shop, size from shops) t group by shop"),
        Of((s, h) => s.Where(C("id") < 5).Select("id", "shop").Intersect(s.Where(C("id") > 2).Select("id", "shop")), "select id, shop from sales where id between 3 and 4"),
    ];
}
