using Millrace.Testing.Plans;

namespace Millrace.Plans.Tests;

public sealed class PlanTextTests
{
    static readonly ColumnExpr a = new("a"), b = new("b"), c = new("odd name");

    static LiteralExpr Lit(object? value) => LiteralExpr.Of(value);

    public static TheoryData<Expr, string> Expressions => new()
    {
        { Functions.And.Of(Functions.Or.Of(a, b), Functions.Not.Of(c)), "(a or b) and not \"odd name\"" },
        { Functions.Subtract.Of(a, Functions.Subtract.Of(b, Lit(1))), "a - (b - 1)" },
        { Functions.Subtract.Of(Functions.Subtract.Of(a, b), Lit(-1)), "a - b - -1" },
        { Functions.Multiply.Of(Functions.Add.Of(a, b), Functions.Negate.Of(Functions.Add.Of(a, b))), "(a + b) * -(a + b)" },
        { Functions.Negate.Of(Lit(-1)), "-(-1)" },
        { Functions.Equals.Of(Functions.Equals.Of(a, b), Lit(true)), "(a = b) = true" },
        { Functions.Not.Of(Functions.IsNull.Of(Functions.Add.Of(a, b))), "a + b is not null" },
        { Functions.In.Of(a, Lit(1), Lit("o'clock")), "a in (1, 'o''clock')" },
        { Functions.Less.Of(a, Lit(new DateOnly(2024, 2, 29))), "a < date '2024-02-29'" },
        { new CastExpr(a, DataType.Decimal(9, 2), Strict: false), "try_cast(a as decimal(9,2))" },
        { new CaseExpr([new CaseBranch(Functions.Greater.Of(a, Lit(1)), Lit("x"))], Lit(null)), "case when a > 1 then 'x' else null end" },
        { Aggregate.Sum.Of(a) with { Distinct = true, Where = Functions.Greater.Of(b, Lit(0)) }, "sum(distinct a where b > 0)" },
        { Aggregate.Count.Of() with { Where = Functions.IsNull.Of(b) }, "count(where b is null)" },
        { new WindowExpr(Aggregate.Sum.Of(a), [b], [new SortKey(c, true)], new WindowFrame(null, 0)), "sum(a) over (within b order by \"odd name\" desc rows first to 0)" },
        { new StructExpr([new NamedExpr("x", a), new NamedExpr("b", b)]), "{x = a, b}" },
        { Functions.FieldOf.Of(new StructExpr([new NamedExpr("x", a)]), Lit("x")), "{x = a}.x" },
    };

    [Theory]
    [MemberData(nameof(Expressions))]
    public void An_expression_reads_as_people_write_it(Expr expr, string text) => Assert.Equal(text, expr.ToString());

    [Fact]
    public void A_plan_reads_as_a_tree()
    {
        var trips = new MemoryTable("trips", ((StructType)DataType.Parse("struct<plaza: text, toll: decimal(9,2)?>")).Fields, []);
        var plazas = new MemoryTable("plazas", ((StructType)DataType.Parse("struct<code: text, name: text>")).Fields, []);
        var plan = new Sort(
            new Group(
                new Join(new Filter(new Scan(trips), Functions.Greater.Of(new ColumnExpr("toll"), Lit(1))), new Scan(plazas, ["code", "name"]), JoinKind.Left, [new JoinKey(new ColumnExpr("plaza"), new ColumnExpr("code"))]),
                [new NamedExpr("name", new ColumnExpr("name"))], [new NamedExpr("total", Aggregate.Sum.Of(new ColumnExpr("toll")))]),
            [new SortKey(new ColumnExpr("total"), Descending: true)]);
        Assert.Equal(
            """
            sort total desc
              group by name: total = sum(toll)
                left join on plaza = code
                  filter toll > 1
                    scan table trips
                  scan table plazas: code, name
            """, plan.ToText());
    }

    [Fact]
    public void Every_step_has_a_text()
    {
        for (var seed = 1; seed <= 300; seed++)
        {
            var plan = new RandomPlans(seed, new() { Steps = 10, OrderDependent = true, Rejects = true }).Plan();
            foreach (var step in All(plan)) Assert.NotEqual(step.GetType().Name, step.ToString());
        }
    }

    static IEnumerable<Relation> All(Relation plan) => plan.Inputs.SelectMany(All).Prepend(plan);
}
