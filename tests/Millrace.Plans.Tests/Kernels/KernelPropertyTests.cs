namespace Millrace.Plans.Tests;

/// <summary>Random expressions over random rows: kernels over whole, sliced and filtered batches say what the interpreter says.</summary>
public sealed class KernelPropertyTests
{
    static readonly Schema schema = new(
        new("b1", DataType.Boolean), new("b2", DataType.Boolean), new("s1", DataType.Int16), new("i1", DataType.Int32), new("i2", DataType.Int32, false), new("l1", DataType.Int64),
        new("f1", DataType.Float64), new("f2", DataType.Float64), new("d1", DataType.Decimal(9, 2)), new("d2", DataType.Decimal(6, 3)),
        new("t1", DataType.Text), new("t2", DataType.Text), new("day", DataType.Date), new("at", DataType.Timestamp));

    [Theory]
    [InlineData("boolean")]
    [InlineData("int32")]
    [InlineData("int64")]
    [InlineData("float64")]
    [InlineData("decimal")]
    [InlineData("text")]
    [InlineData("time")]
    public void Kernels_say_what_the_interpreter_says(string wanted)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("MILLRACE_TEST_SEED"), out var given) ? given : Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 150; round++)
        {
            var expr = new Expressions(random).Of(wanted, 4);
            var builder = new BatchBuilder(schema);
            var rows = random.Next(60);
            for (var i = 0; i < rows; i++) builder.Add([.. schema.Select(f => RandomValues.Of(f.Type, random, nulls: f.Nullable))]);
            using var whole = builder.Build();
            var start = random.Next(rows + 1);
            using var batch = whole.Slice(start, random.Next(rows - start + 1));
            Compare(expr, batch);
        }
    }

    static void Compare(Expr expr, Batch batch)
    {
        var faults = new Faults("test", collect: true);
        var kernel = new KernelCompiler(schema).Compile(expr);
        Assert.Equal(expr.TypeIn(schema).Type, kernel.Type);
        var column = kernel.Column(new Evaluation(batch, faults));
        Assert.Equal(batch.Count, column.Count);
        for (var i = 0; i < batch.Count; i++)
        {
            object? expected;
            try
            {
                expected = RowInterpreter.Of(expr, schema, batch.Row(i));
            }
            catch (RowInterpreter.NoValue)
            {
                Assert.True(faults.Contains(i), $"{expr} has no value for row {i} and doesn't fail: {string.Join(" | ", batch.Row(i))}");
                Assert.True(kernel.MayFail);
                continue;
            }
            Assert.False(faults.Contains(i), $"{expr} fails for row {i}: {string.Join(" | ", batch.Row(i))}: {faults.InOrder.FirstOrDefault(f => f.Row == i).Fault?.Message}");
            var actual = column.ValueAt(i);
            // A decimal's trailing zeros and a sum's last bit in a double aren't at stake here, its sign of zero neither.
            Assert.True(Equals(expected, actual) || (expected is double x && actual is double y && x == y), $"{expr} is {actual ?? "null"} and should be {expected ?? "null"} for row {i}: {string.Join(" | ", batch.Row(i))}");
        }
    }

    // Dates first: a timestamp is written by all of them, and a date by those.
    static readonly string[] dateFormats = ["yyyy-MM-dd", "d.M.yyyy", "MM/dd/yyyy", "yyyyMMdd", "dd MMM yyyy", "MMMM d, yyyy", "yyyy-MM", "dd.MM.yy"];
    static readonly string[] timeFormats = ["yyyy-MM-dd HH:mm:ss", "d/M/yyyy h:mm tt", "yyyy-MM-ddTHH:mm:ss.fff", "dd.MM.yyyy H:m:s", "HH'h' yyyy-MM-dd"];

    sealed class Expressions(Random random)
    {
        internal Expr Of(string type, int depth) => depth == 0 || random.Next(5) == 0 ? Leaf(type) : Call(type, depth - 1);

        Expr Leaf(string type) => random.Next(3) == 0 ? Literal(type) : new ColumnExpr(type switch
        {
            "boolean" => Pick("b1", "b2"),
            "int32" => Pick("i1", "i2", "s1"),
            "int64" => "l1",
            "float64" => Pick("f1", "f2"),
            "decimal" => Pick("d1", "d2"),
            "text" => Pick("t1", "t2"),
            _ => Pick("day", "at"),
        }) is var column && type == "int32" && column.Name == "s1" ? new CastExpr(column, DataType.Int32) : column;

        LiteralExpr Literal(string type) => LiteralExpr.Of(type switch
        {
            "boolean" => (object)(random.Next(2) == 0),
            "int32" => random.Next(-3, 4),
            "int64" => (long)random.Next(-3, 4),
            "float64" => random.Next(-3, 4) / 2.0,
            "decimal" => random.Next(-500, 500) / 100m,
            "text" => Pick("", "a", "ü", "A b"),
            _ => new DateOnly(2024, 2, 29),
        });

        Expr Call(string type, int depth)
        {
            Expr E(string t) => Of(t, depth);
            if (random.Next(6) == 0)
            {
                return random.Next(4) switch
                {
                    0 => new CaseExpr([new CaseBranch(E("boolean"), E(type)), new CaseBranch(E("boolean"), E(type))], E(type)),
                    1 => Functions.Coalesce.Of(E(type), E(type)),
                    2 when type is not "decimal" => Functions.NullIf.Of(E(type), E(type)),
                    _ => type is "boolean" ? Functions.Coalesce.Of(E(type), E(type)) : Pick(Functions.Least, Functions.Greatest).Of(E(type), E(type)),
                };
            }
            switch (type)
            {
                case "boolean":
                    var any = Pick("int32", "int64", "float64", "decimal", "text", "boolean", "time");
                    return random.Next(8) switch
                    {
                        0 => Functions.And.Of(E(type), E(type)),
                        1 => Functions.Or.Of(E(type), E(type)),
                        2 => Functions.Not.Of(E(type)),
                        3 => Functions.IsNull.Of(E(any)),
                        4 => Functions.In.Of(E(any), E(any), Literal(any == "time" ? "date" : any)),
                        5 => Pick(Functions.Contains, Functions.StartsWith, Functions.EndsWith).Of(E("text"), E("text")),
                        _ => Pick(Functions.Equals, Functions.NotEquals, Functions.Less, Functions.LessOrEqual, Functions.Greater, Functions.GreaterOrEqual, Functions.Same).Of(E(any), E(any)),
                    };
                case "text":
                    return random.Next(8) switch
                    {
                        6 => Functions.FormatTime.Of(new ColumnExpr("day"), LiteralExpr.Of(Pick([.. dateFormats, "dddd", "ddd d"]))),
                        7 => Functions.FormatTime.Of(new ColumnExpr("at"), LiteralExpr.Of(Pick([.. dateFormats, .. timeFormats]))),
                        0 => Functions.Concat.Of(E(type), E(type)),
                        1 => Pick(Functions.Upper, Functions.Lower, Functions.Trim, Functions.Reverse).Of(E(type)),
                        2 => Functions.Substring.Of(E(type), E("int32"), E("int32")),
                        3 => Functions.Replace.Of(E(type), E(type), E(type)),
                        _ => new CastExpr(E(Pick("int32", "int64", "boolean")), DataType.Text),
                    };
                case "int32" when random.Next(3) == 0:
                    return random.Next(4) switch
                    {
                        0 => Pick(Functions.Year, Functions.Month, Functions.Day, Functions.Quarter, Functions.Week, Functions.DayOfWeek, Functions.DayOfYear).Of(Leaf("time")),
                        1 => Pick(Functions.Hour, Functions.Minute).Of(new ColumnExpr("at")),
                        2 => Functions.Length.Of(E("text")),
                        _ => Functions.IndexOf.Of(E("text"), E("text")),
                    };
                case "int32" or "int64" or "float64" when random.Next(3) == 0:
                    return new CastExpr(E(type == "float64" ? Pick("int32", "int64", "decimal", "text") : Pick("int32", "int64", "float64", "boolean", "text")), DataType.Parse(type), Strict: random.Next(2) == 0);
                case "decimal":
                    // One step only: .NET's decimal, with which this is compared, has 28 digits.
                    return random.Next(3) == 0
                        ? new CastExpr(new CastExpr(E("int32"), DataType.Decimal(12, 1)), DataType.Decimal(8, 2), Strict: random.Next(2) == 0)
                        : Pick(Functions.Add, Functions.Subtract, Functions.Multiply, Functions.Modulo).Of(Leaf(type), Leaf(Pick("decimal", "int32")));
                case "time" when random.Next(2) == 0:
                    return Pick(Functions.ParseDate, Functions.TryParseDate).Of(E("text"), LiteralExpr.Of(Pick(dateFormats)));
                case "time" when random.Next(2) == 0:
                    var format = Pick(timeFormats);
                    return Pick(Functions.ParseTimestamp, Functions.TryParseTimestamp).Of(Functions.FormatTime.Of(new ColumnExpr("at"), LiteralExpr.Of(random.Next(3) == 0 ? Pick(timeFormats) : format)), LiteralExpr.Of(format));
                case "time" when random.Next(2) == 0:
                    var pattern = Pick(dateFormats);
                    return Pick(Functions.ParseDate, Functions.TryParseDate).Of(Functions.FormatTime.Of(Leaf(type), LiteralExpr.Of(pattern)), LiteralExpr.Of(pattern));
                case "time":
                    return Leaf(type);
                default:
                    return random.Next(6) == 0
                        ? Pick(Functions.Negate, Functions.Abs).Of(E(type))
                        : Pick(Functions.Add, Functions.Subtract, Functions.Multiply, Functions.Divide, Functions.Modulo).Of(E(type), E(type));
            }
        }

        T Pick<T>(params T[] all) => all[random.Next(all.Length)];
    }
}
