using Millrace.Testing.Plans;

namespace Millrace.Plans.Tests;

public sealed class PlanJsonTests
{
    static readonly MemoryTable trips = new("trips", ((StructType)DataType.Parse("struct<id: int32, plaza: text, at: timestamp, toll: decimal(9,2)?>")).Fields, []);
    static readonly MemoryTable plazas = new("plazas", ((StructType)DataType.Parse("struct<code: text, \"full name\": text>")).Fields, []);

    static ColumnExpr Col(string name) => new(name);

    static PlanParts Parts(params IEnumerable<MemoryTable> tables) =>
        new() { Source = (kind, from) => kind == "table" ? tables.Single(t => t.Name == from["name"]!.GetValue<string>()) : null };

    static readonly Relation plan = new Limit(
        new Sort(
            new Group(
                new Lookup(
                    new Filter(new Scan(trips, ["plaza", "at", "toll"]), Functions.Greater.Of(Col("toll"), new LiteralExpr(1.50m, DataType.Decimal(9, 2)))),
                    new Scan(plazas), [new JoinKey(Col("plaza"), Col("code"))], [new NamedExpr("name", Col("full name"))], Name: "plazas"),
                [new NamedExpr("name", Col("name")), new NamedExpr("month", Functions.TruncateTo.Of(Col("at"), LiteralExpr.Of("month")))],
                [new NamedExpr("tolls", Aggregate.Sum.Of(Col("toll"))), new NamedExpr("trips", Aggregate.Count.Of())]),
            [new SortKey(Col("tolls"), Descending: true)]),
        10);

    const string text = """
        {
          "millrace": 1,
          "sources": [
            {"kind":"table","columns":{"id":"int32","plaza":"text","at":"timestamp","toll":"decimal(9,2)?"},"from":{"name":"trips"}},
            {"kind":"table","columns":{"code":"text","full name":"text"},"from":{"name":"plazas"}}
          ],
          "steps": [
            {"step":"scan","source":0,"columns":["plaza","at","toll"]},
            {"step":"filter","input":0,"condition":{"call":"greater","arguments":[{"column":"toll"},{"value":"1.50","type":"decimal(9,2)"}]}},
            {"step":"scan","source":1},
            {"step":"lookup","left":1,"right":2,"keys":[{"left":{"column":"plaza"},"right":{"column":"code"}}],"take":[{"name":"name","value":{"column":"full name"}}],"name":"plazas"},
            {"step":"group","input":3,"keys":[{"name":"name","value":{"column":"name"}},{"name":"month","value":{"call":"truncate_to","arguments":[{"column":"at"},{"value":"month","type":"text"}]}}],"values":[{"name":"tolls","value":{"aggregate":"sum","arguments":[{"column":"toll"}]}},{"name":"trips","value":{"aggregate":"count","arguments":[]}}]},
            {"step":"sort","input":4,"keys":[{"value":{"column":"tolls"},"descending":true}]},
            {"step":"limit","input":5,"count":10}
          ]
        }

        """;

    [Fact]
    public void A_plan_is_written_one_step_to_a_line() => Assert.Equal(text, PlanJson.Write(plan));

    [Fact]
    public void It_reads_back_equal() => Assert.Equal(plan, PlanJson.Read(text, Parts(trips, plazas)));

    [Fact]
    public void Random_plans_read_back_equal_and_write_the_same_text()
    {
        var steps = new HashSet<Type>();
        for (var seed = 1; seed <= 400; seed++)
        {
            var random = new RandomPlans(seed, new() { Steps = 1 + seed % 10, OrderDependent = true, Rejects = true, Callbacks = true, Queries = true });
            var plan = random.Plan();
            var written = PlanJson.Write(plan);
            var read = PlanJson.Read(written, Parts(random.Tables) with { Callback = RandomCallbacks.Named });
            foreach (var (a, b) in All(plan).Zip(All(read)).Reverse()) Assert.True(a.Equals(b), $"Seed {seed}: {a}\n{b}");
            Assert.True(plan.Equals(read), $"Seed {seed}: {written}");
            Assert.Equal(written, PlanJson.Write(read));
            steps.UnionWith(All(plan).Select(s => s.GetType()));
        }
        Type[] wanted =
        [
            typeof(Scan), typeof(Filter), typeof(Project), typeof(Check), typeof(Sort), typeof(Limit), typeof(Sample), typeof(Distinct), typeof(Group), typeof(Window), typeof(Join),
            typeof(SetOperation), typeof(Unpivot), typeof(Compute), typeof(Rename), typeof(Drop), typeof(Reorder), typeof(ConvertUnits), typeof(Pivot), typeof(Nest),
            typeof(Deduplicate), typeof(Fill), typeof(Bin), typeof(SplitColumn), typeof(ExtractColumns), typeof(Lookup), typeof(Flatten), typeof(DeduplicateNearly), typeof(Query),
        ];
        Assert.Empty(wanted.Except(steps));
    }

    public static TheoryData<object> Constants =>
    [
        true, (short)-3, 7, long.MaxValue, 1.5f, 0.1, double.NaN, double.NegativeInfinity, -12.340m, "Zürich \"q\" <a>", new byte[] { 0, 255 }, new DateOnly(1, 1, 1),
        new TimeOnly(23, 59, 59, 999), new DateTime(1960, 1, 2, 3, 4, 5, 6), new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), TimeSpan.FromSeconds(-90.5), Guid.AllBitsSet,
        new[] { 1, 2 }, new Dictionary<string, int> { ["a"] = 1 }, 'x', 7u, ulong.MaxValue,
    ];

    [Theory]
    [MemberData(nameof(Constants))]
    public void Constants_of_every_type_read_back(object value)
    {
        var plan = new Project(new Scan(trips), [new NamedExpr("x", LiteralExpr.Of(value)), new NamedExpr("y", LiteralExpr.Of(null))]);
        Assert.Equal<Relation>(plan, PlanJson.Read(PlanJson.Write(plan), Parts(trips)));
    }

    [Fact]
    public void Expressions_of_every_kind_read_back()
    {
        var callback = new Callback("Shout", (string s) => s + "!", DataType.Text, Nullable: false, SeesNulls: false);
        Expr[] all =
        [
            new CastExpr(Col("id"), DataType.Text, Strict: false),
            new CastExpr(Col("id"), DataType.Int32, Rounds: false),
            new CaseExpr([new CaseBranch(Functions.IsNull.Of(Col("toll")), LiteralExpr.Of(1)), new CaseBranch(LiteralExpr.Of(true), LiteralExpr.Of(2))], LiteralExpr.Of(3)),
            new CallbackExpr(callback, [Col("plaza")]),
            new StructExpr([new NamedExpr("a", Col("id"))]),
            new WindowExpr(Aggregate.Sum.Of(Col("toll")) with { Distinct = true, Where = LiteralExpr.Of(true) }, [Col("plaza")], [new SortKey(Col("at"), true, true)], new WindowFrame(-2, null)),
            new WindowExpr(new RankExpr(RankKind.Lag, [Col("toll"), LiteralExpr.Of(1)]), [], [new SortKey(Col("at"))]),
        ];
        Relation plan = new Compute(new Scan(trips), all.Select((e, i) => new NamedExpr($"c{i}", e)).ToSequence());
        plan = new Flatten(new Group(plan, [], [new NamedExpr("l", Aggregate.List.Of(Col("id")) with { OrderBy = [new SortKey(Col("at"))] })]), "l", KeepEmpty: true);
        plan = new DeduplicateNearly(new Compute(plan, [new NamedExpr("t", new CastExpr(Col("l"), DataType.Text))]), "t", 2);

        Assert.Equal(plan, PlanJson.Read(PlanJson.Write(plan), Parts(trips) with { Callback = name => name == "Shout" ? callback : null }));

        var wrong = Assert.Throws<PlanException>(() => PlanJson.Read(PlanJson.Write(plan), Parts(trips)));
        Assert.Equal("The plan can't be read at $.steps[1].columns[3].value: the plan calls the C# function 'Shout', which a file can't hold. Give the reader the function by this name (PlanParts.Callback), or say it in functions of the catalogue.", wrong.Message);
    }

    [Fact]
    public void A_step_that_two_others_share_is_written_once()
    {
        var scan = new Scan(trips);
        var both = new Join(scan, scan, JoinKind.Semi, [new JoinKey(Col("id"), Col("id"))]);
        var read = (Join)PlanJson.Read(PlanJson.Write(both), Parts(trips));
        Assert.Same(read.Left, read.Right);
    }

    [Fact]
    public void Without_what_opens_its_sources_a_plan_can_be_looked_at_and_not_run()
    {
        var read = PlanJson.Read(text);
        Assert.Equal(plan.Schema, read.Schema);
        Assert.Equal(text, PlanJson.Write(read));
        var wrong = Assert.Throws<PlanException>(() => Leaf(read).Source.ReadAsync(new ReadRequest(), TestContext.Current.CancellationToken));
        Assert.Contains("PlanParts.Source", wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"millrace\": 1", "\"millrace\": 2", "The plan can't be read at $.millrace: this Millrace reads version 1 of the format, and it is 2.")]
    [InlineData("\"count\":10", "\"count\":10,\"colour\":1", "The plan can't be read at $.steps[6]: the step 'limit' has no member 'colour', only 'step', 'input', 'count', 'skip'.")]
    [InlineData("\"step\":\"sort\"", "\"step\":\"short\"", "The plan can't be read at $.steps[5].step: there is no step 'short'. The steps are scan,")]
    [InlineData("\"input\":0", "\"input\":7", "The plan can't be read at $.steps[1].input: 7 is none of the steps before it, of which there are 1.")]
    [InlineData("{\"column\":\"toll\"},{\"value\"", "{\"column\":\"tol\"},{\"value\"", "The plan can't be read at $.steps[1]: There is no column 'tol'. The columns are plaza, at, toll.")]
    [InlineData("\"value\":\"1.50\"", "\"value\":\"cheap\"", "The plan can't be read at $.steps[1].condition.arguments[1].value: \"cheap\" isn't a value of decimal(9,2).")]
    [InlineData("{\"column\":\"plaza\"}", "{\"colum\":\"plaza\"}", "The plan can't be read at $.steps[3].keys[0].left: no expression has these members.")]
    [InlineData("{\"column\":\"code\"}", "{\"column\":\"code\",\"of\":1}", "The plan can't be read at $.steps[3].keys[0].right: a column has no member 'of', only 'column'.")]
    [InlineData("\"descending\":true", "\"descending\":1", "The plan can't be read at $.steps[5].keys[0].descending: 1 isn't true or false.")]
    [InlineData("decimal(9,2)?", "decimal(9", "The plan can't be read at $.sources[0].columns.toll: 'decimal(9' isn't a type")]
    [InlineData("\"aggregate\":\"sum\"", "\"aggregate\":\"sums\"", "The plan can't be read at $.steps[4].values[0].value: There is no aggregate 'sums'.")]
    [InlineData("\"take\"", "\"grab\"", "The plan can't be read at $.steps[3]: 'take' is missing.")]
    [InlineData("{\n", "[", "The plan isn't JSON:")]
    public void What_is_wrong_is_named_with_its_place(string good, string bad, string message)
    {
        var at = text.IndexOf(good, StringComparison.Ordinal);
        var wrong = Assert.Throws<PlanException>(() => PlanJson.Read(text[..at] + bad + text[(at + good.Length)..]));
        Assert.StartsWith(message, wrong.Message, StringComparison.Ordinal);
    }

    static Scan Leaf(Relation plan) => plan as Scan ?? Leaf(plan.Inputs[0]);
    static IEnumerable<Relation> All(Relation plan) => plan.Inputs.SelectMany(All).Prepend(plan);
}
