using static Millrace.Data.Tests.Engines.GoldenCase;

namespace Millrace.Data.Tests.Engines;

static partial class GoldenCases
{
    sealed record Sale(int Id, string? Shop, int? Amount, double? Price, [property: Digits(9, 2)] decimal? Cost, DateOnly? Day, DateTime? At, string? Note);

    sealed record Place(string? Shop, string? City, int? Size);

    static Frame<Sale> T(Frame sales) => sales.As<Sale>();

    static Frame<Place> P(Frame shops) => shops.As<Place>();

    /// <summary>The verbs once more, by lambdas.</summary>
    static readonly GoldenCase[] lambdas =
    [
        Of((s, _) => T(s).Where(r => r.Amount > 20 && r.Shop != "west"), "select * from sales where amount > 20 and shop <> 'west'"),
        Of((s, _) => T(s).Select(r => new { r.Id, Twice = r.Amount * 2, Full = r.Shop + "/" + (r.Note ?? "-") }), "select id, amount * 2, shop || '/' || coalesce(note, '-') from sales"),
        Of((s, _) => T(s).With("year", r => r.Day!.Value.Year).Select("id", "year"), "select id, extract(year from day)::int from sales", sqlite: "select id, strftime('%Y', day) from sales"),
        Of((s, _) => T(s).OrderBy(r => r.Shop).NullsFirst().ThenByDescending(r => r.Id).Select(r => r.Id), "select id from sales order by shop collate \"C\" nulls first, id desc", ordered: true),
        Of((s, _) => T(s).OrderByDescending(r => r.Shop).ThenBy(r => r.Cost).Select(r => r.Id), "select id from sales order by shop collate \"C\" desc nulls last, cost", ordered: true),
        Of((s, _) => T(s).OrderBy(r => r.Id).Skip(2).Take(3), "select * from sales order by id limit 3 offset 2", ordered: true),
        Of((s, _) => T(s).OrderBy(r => r.Id).Head(2), "select * from sales order by id limit 2", ordered: true),
        Of((s, _) => T(s).OrderBy(r => r.Id).Tail(2), "select * from (select * from sales order by id desc limit 2) t order by id", ordered: true),
        Of((s, _) => T(s).Select(r => new { r.Shop }).Distinct(), "select distinct shop from sales"),
        Of((s, _) => T(s).DistinctBy(r => r.Shop, Keep.Last, orderBy: r => r.Id), $"select {Columns} from (select *, row_number() over (partition by shop order by id desc) n from sales) t where n = 1"),
        Of((s, _) => T(s).OrderBy(r => r.Id).DeduplicateNearly(r => r.Note, 6), "select * from sales s where not exists (select 1 from sales e where e.id < s.id and levenshtein(e.note, s.note) <= 6)", sqlite: Unsaid),
        Of((s, _) => T(s).Check("price is known", r => r.Price != null), "select * from sales where price is not null", rejected: 1),
        Of((s, _) => T(s).Require("id is positive", r => r.Id > 0), "select * from sales"),
        Of((s, _) => T(s).UnionAll(T(s).Where(r => r.Id > 6)), "select * from sales union all select * from sales where id > 6"),
        Of((s, _) => T(s).Union(T(s)), "select * from sales"),
        Of((s, _) => T(s).Intersect(T(s).Where(r => r.Id > 6)), "select * from sales where id > 6"),
        Of((s, _) => T(s).Except(T(s).Where(r => r.Id > 6)), "select * from sales where id <= 6"),

        Of((s, _) => T(s).GroupBy(r => r.Shop).Select(g => new { g.Key, N = g.Count(), Sum = g.Sum(r => r.Amount), Mean = g.Average(r => r.Price), Spread = g.Max(r => r.Cost) - g.Min(r => r.Cost) }), "select shop, count(*), sum(amount), avg(price), max(cost) - min(cost) from sales group by shop"),
        Of((s, _) => T(s).GroupBy(r => new { r.Shop, Big = r.Amount > 20 }).Select(g => new { g.Key.Shop, g.Key.Big, N = g.CountDistinct(r => r.Amount) }), "select shop, amount > 20, count(distinct amount) from sales group by 1, 2"),
        Of((s, _) => T(s).GroupBy(r => r.Shop).Select(g => new { g.Key, Median = g.Median(r => r.Price), Tenth = g.Percentile(r => r.Price, 0.1), Deviation = g.Deviation(r => r.Price), Variance = g.Variance(r => r.Price) }), "select shop, percentile_cont(0.5) within group (order by price), percentile_cont(0.1) within group (order by price), stddev_samp(price), var_samp(price) from sales group by shop", sqlite: Unsaid),
        Of((s, _) => T(s).GroupBy(r => r.Shop).Select(g => new { g.Key, First = g.OrderBy(r => r.Id).First(r => r.Amount), Last = g.OrderByDescending(r => r.Id).Last(r => r.Amount), Ids = g.OrderBy(r => r.Id).ToList(r => r.Id), Notes = g.OrderBy(r => r.Id).Join(r => r.Note, ";") }), "select shop, (array_agg(amount order by id))[1], (array_agg(amount order by id))[1], array_agg(id order by id), string_agg(note, ';' order by id) from sales group by shop", sqlite: Unsaid),
        Of((s, _) => T(s).Aggregate(g => new { N = g.Count(r => r.Amount > 20), All = g.All(r => r.Id > 0), Any = g.Any(r => r.Amount > 60), Dear = g.Where(r => r.Price > 2).Sum(r => r.Amount) }), "select count(*) filter (where amount > 20), bool_and(id > 0), bool_or(amount > 60), sum(amount) filter (where price > 2) from sales", sqlite: "select count(*) filter (where amount > 20), min(id > 0), max(amount > 60), sum(amount) filter (where price > 2) from sales"),
        Of((s, _) => T(s).GroupBy(r => r.Shop).OrderBy(r => r.Amount).NullsFirst().ThenBy(r => r.Id).First(), $"select {Columns} from (select *, row_number() over (partition by shop order by amount nulls first, id) n from sales) t where n = 1"),
        Of((s, _) => T(s).GroupBy(r => r.Shop).OrderByDescending(r => r.Amount).ThenByDescending(r => r.Id).Last(), $"select {Columns} from (select *, row_number() over (partition by shop order by amount nulls first, id) n from sales) t where n = 1"),
        Of((s, _) => T(s).GroupBy(r => r.Shop).Nest((shop, rows) => new { shop, rows }).SelectMany(n => n.rows, (n, row) => new { n.shop, row.Id, row.Cost }), "select shop, id, cost from sales"),
        Of((s, _) => T(s).GroupBy(r => r.Shop).Nest(r => new { r.Id }, (shop, ids) => new { shop, ids }).SelectMany(n => n.ids, (n, id) => new { n.shop, id.Id }), "select shop, id from sales"),

        Of((s, _) => T(s).Over().OrderByDescending(r => r.Shop).NullsFirst().ThenBy(r => r.Id).Select((r, near) => new { r.Id, N = near.RowNumber(), Rank = near.Rank(), Tile = near.Bucket(3) }), "select id, row_number() over w, rank() over w, ntile(3) over w from sales window w as (order by shop collate \"C\" desc nulls first, id)"),
        Of((s, _) => T(s).Over(r => r.Shop).Select((r, near) => new { r.Id, Rank = near.Rank(), Dense = near.DenseRank(), Percent = near.PercentRank(), Share = near.CumulativeShare() }), "select id, rank() over w, dense_rank() over w, percent_rank() over w, cume_dist() over w from sales window w as (order by shop collate \"C\" nulls last)"),
        Of((s, _) => T(s).Over(r => r.Shop, r => r.Id).Select((r, near) => new { r.Id, Run = near.Sum(x => x.Amount), Before = near.Lag(x => (int?)x.Id), After = near.Lead(x => x.Id, 1, -1), Moving = near.Among(Rows.Last(2)).Average(x => x.Price) }), "select id, sum(amount) over w, lag(id) over w, lead(id, 1, -1) over w, avg(price) over (partition by shop order by id rows 1 preceding) from sales window w as (partition by shop order by id)"),
        Of((s, _) => T(s).Within(r => r.Shop).OrderBy(r => r.Day).ThenByDescending(r => r.Id).Select((r, near) => new { r.Id, First = near.FirstValue(x => x.Id), N = near.Count(), Dear = near.Where(x => x.Price > 2).Count() }), "select id, first_value(id) over w, count(*) over w, count(*) filter (where price > 2) over w from sales window w as (partition by shop order by day, id desc)"),
        Of((s, _) => T(s).Within(r => r.Shop).Select((r, near) => new { r.Id, Share = r.Price / near.Sum(x => x.Price), Most = near.Max(x => x.Amount) }), "select id, price / sum(price) over (partition by shop), max(amount) over (partition by shop) from sales"),

        Of((s, _) => T(s).Fill(r => r.Amount, 7).Select(r => new { r.Id, r.Amount }), "select id, coalesce(amount, 7) from sales"),
        Of((s, _) => T(s).FillForward(r => new { r.Amount, r.Price }, orderBy: r => r.Id).Select(r => new { r.Id, r.Amount, r.Price }), "select id, (select b.amount from sales b where b.id <= a.id and b.amount is not null order by b.id desc limit 1), (select b.price from sales b where b.id <= a.id and b.price is not null order by b.id desc limit 1) from sales a"),
        Of((s, _) => T(s).FillBackward(r => r.Shop, orderBy: r => r.Id).Select(r => new { r.Id, r.Shop }), "select id, (select b.shop from sales b where b.id >= a.id and b.shop is not null order by b.id limit 1) from sales a"),
        Of((s, _) => T(s).FillMean(r => r.Price, within: r => r.Shop).Select(r => new { r.Id, r.Price }), "select id, coalesce(price, avg(price) over (partition by shop)) from sales"),
        Of((s, _) => T(s).FillMedian(r => r.Price).Select(r => new { r.Id, r.Price }), "select id, coalesce(price, (select percentile_cont(0.5) within group (order by price) from sales)) from sales", sqlite: "select id, coalesce(price, (select price from sales where price is not null order by price limit 1 offset 3)) from sales"),
        Of((s, _) => T(s).ConvertUnits(r => r.Price, "km", "m").Select(r => new { r.Id, r.Price }), "select id, price * 1000 from sales"),
        Of((s, _) => T(s).BinByEdges(r => r.Amount, [20, 50], (r, bin) => new { r.Id, bin }, under: "few", over: "many"), "select id, case when amount < 20 then 'few' when amount > 50 then 'many' when amount is not null then '[20, 50]' end from sales"),
        Of((s, _) => T(s).BinByWidth(r => r.Amount, 2, (r, bin) => new { r.Id, bin }), "select id, case when amount < 40 then 0 when amount >= 40 then 1 end from sales"),
        Of((s, _) => T(s).BinByQuantiles(r => r.Id, ["low", "high"], (r, bin) => new { r.Id, bin }), "select id, case when id <= 4 then 'low' else 'high' end from sales"),
        Of((s, _) => T(s).Split(r => r.Note, " ", (r, first, rest) => new { r.Id, first, rest }, PartsMismatch.Rest), "select id, split_part(note, ' ', 1), case when strpos(note, ' ') > 0 then substr(note, strpos(note, ' ') + 1) end from sales", sqlite: "select id, case when instr(note, ' ') > 0 then substr(note, 1, instr(note, ' ') - 1) else note end, case when instr(note, ' ') > 0 then substr(note, instr(note, ' ') + 1) end from sales"),
        Of((s, _) => T(s).Extract(r => r.Note, "^(?<start>[a-z])[a-z]*(?<end>[a-z])", (r, start, end) => new { r.Id, start, end }, nullWithoutMatch: true), "select id, (regexp_match(note, '^([a-z])[a-z]*([a-z])'))[1], (regexp_match(note, '^([a-z])[a-z]*([a-z])'))[2] from sales", sqlite: Unsaid),
        Of((s, _) => T(s).Unpivot(r => new[] { r.Id, r.Amount }, (r, name, value) => new { r.Shop, name, value }), "select shop, 'id', id from sales union all select shop, 'amount', amount from sales"),
        Of((s, _) => T(s).Pivot(r => r.Shop, ["north", "west"], r => r.Amount, g => g.Sum(r => r.Price)), "select amount, sum(price) filter (where shop = 'north'), sum(price) filter (where shop = 'west') from sales group by amount"),
        Of((s, _) => T(s).Where(r => r.Shop != null).PivotAsync(r => r.Shop, r => r.Amount, g => new { N = g.Count() }), "select amount, count(*) filter (where shop = 'north'), count(*) filter (where shop = 'south'), count(*) filter (where shop = 'west') from sales where shop is not null group by amount"),

        Of((s, h) => T(s).Join(P(h), r => r.Shop, p => p.Shop, (r, p) => new { r.Id, p.City }), "select id, city from sales s join shops h on s.shop = h.shop"),
        Of((s, h) => T(s).LeftJoin(P(h), r => r.Shop, p => p.Shop, (r, p) => new { r.Id, City = p == null ? "none" : p.City }), "select id, case when h.shop is null then 'none' else city end from sales s left join shops h on s.shop = h.shop"),
        Of((s, h) => T(s).RightJoin(P(h), r => r.Shop, p => p.Shop, (r, p) => new { Id = (int?)r.Id, p.City }), "select id, city from shops h left join sales s on s.shop = h.shop"),
        Of((s, h) => T(s).FullJoin(P(h), r => r.Shop, p => p.Shop, (r, p) => new { Id = (int?)r.Id, p.City }), "select id, city from sales s full join shops h on s.shop = h.shop", sqlite: "select id, city from sales s left join shops h on s.shop = h.shop union all select null, city from shops h where not exists (select 1 from sales s where s.shop = h.shop)"),
        Of((s, h) => T(s).SemiJoin(P(h), r => r.Shop, p => p.Shop), "select * from sales s where exists (select 1 from shops h where s.shop = h.shop)"),
        Of((s, h) => T(s).AntiJoin(P(h), r => r.Shop, p => p.Shop), "select * from sales s where not exists (select 1 from shops h where s.shop = h.shop)"),
        Of((s, h) => T(s).CrossJoin(P(h), (r, p) => new { r.Id, p.City }), "select id, city from sales, shops"),
        Of((s, h) => T(s).AsOfJoin(P(h), r => (int?)r.Id, p => p.Size, (r, p) => new { r.Id, p.City }), "select id, (select city from shops h where h.size <= s.id order by h.size desc limit 1) from sales s"),
        Of((s, h) => T(s).AsOfJoin(P(h), r => (int?)r.Id, p => p.Size, r => r.Shop, p => p.Shop, (r, p) => new { r.Id, City = p == null ? null : p.City }), "select id, (select city from shops h where h.size <= s.id and h.shop = s.shop order by h.size desc limit 1) from sales s"),
        Of((s, h) => T(s).OrderBy(r => r.Id).Take(4).Zip(P(h).OrderBy(p => p.Size), (r, p) => new { r.Id, p.City }), "select id, city from (select id, row_number() over (order by id) n from sales) a join (select city, row_number() over (order by size) n from shops) b on a.n = b.n"),
        Of((s, h) => T(s).Lookup(P(h), r => r.Shop, p => p.Shop, (r, p) => new { r.Id, p.City, p.Size }), "select id, city, size from sales s join shops h on s.shop = h.shop", rejected: 3),
        Of((s, h) => T(s).Lookup(P(h), r => r.Shop, p => p.Shop, (r, p) => new { r.Id, p.City }, missing: new Place("", "elsewhere", 0)), "select id, coalesce(city, 'elsewhere') from sales s left join shops h on s.shop = h.shop"),
        Of((s, h) => T(s).Lookup(P(h), r => r.Shop, p => p.Shop, (r, p) => new { r.Id, City = p == null ? "?" : p.City }, LookupMiss.Null), "select id, coalesce(city, '?') from sales s left join shops h on s.shop = h.shop"),
    ];
}
