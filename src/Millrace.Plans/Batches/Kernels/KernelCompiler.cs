namespace Millrace.Plans;

/// <summary>
/// Makes expressions ready to run over batches of a schema: types are brought together here, constants folded, so that
/// kernels meet only what they are made for.
/// </summary>
sealed class KernelCompiler(Schema schema)
{
    /// <exception cref="PlanException">A type doesn't fit, or a pattern or zone isn't one.</exception>
    internal Kernel Compile(Expr expr)
    {
        var kernel = Make(expr);
        kernel.Expression ??= expr;
        // A callback may count, or ask the clock: it is called for each row.
        var constant = kernel is not ConstantKernel && expr.All().All(e => e is not (ColumnExpr or CallbackExpr));
        return constant ? Folded(kernel, expr) : kernel;
    }

    /// <summary>The expression as a value of that type.</summary>
    internal Kernel Compile(Expr expr, DataType type) => Coerce(Compile(expr), type);

    Kernel Make(Expr expr)
    {
        switch (expr)
        {
            case ColumnExpr column:
                var index = schema.IndexOf(column.Name);
                return new ColumnKernel(schema[index].Type, index);
            case LiteralExpr literal:
                return Literal(literal);
            case CastExpr cast:
                return Folded(CastKernels.Compile(Compile(cast.Value), cast.To, lenient: !cast.Strict, rounds: cast.Rounds), expr, Compile(cast.Value));
            case CaseExpr choice:
                var type = expr.TypeIn(schema).Type;
                return new CaseKernel(type, [.. choice.Branches.Select(b => (Compile(b.When, DataType.Boolean), Compile(b.Then, type)))], Compile(choice.Else, type));
            case StructExpr made:
                return new StructKernel(expr.TypeIn(schema).Type, [.. made.Fields.Select(f => Compile(f.Value))]);
            case CallbackExpr callback:
                return CallbackKernels.Compile(callback, [.. callback.Arguments.Select(Compile)]);
            case CallExpr call:
                return Call(call, expr.TypeIn(schema).Type);
            case AggregateExpr:
                throw new PlanException($"{expr} is over many rows; it belongs into a group or a window.");
            default:
                throw new PlanException($"{expr} can't be computed row by row.");
        }
    }

    Kernel Call(CallExpr call, DataType type)
    {
        var name = call.Function.Name;
        var arguments = call.Arguments.Select(Compile).ToArray();
        switch (name)
        {
            case "and" or "or":
                return new LogicKernel(name == "or", Coerce(arguments[0], DataType.Boolean), Coerce(arguments[1], DataType.Boolean));
            case "is_null":
                return new IsNullKernel(arguments[0]);
            case "coalesce":
                return new CoalesceKernel(type, [.. arguments.Select(a => Coerce(a, type))]);
            case "same":
                var (x, y) = Together(arguments[0], arguments[1]);
                return new SameKernel(x, y, Compare("equals", x, y, call));
            case "null_if":
                if (arguments[0] is ConstantKernel { IsNull: true }) return ConstantKernel.Null(type);
                var (p, q) = Together(arguments[0], arguments[1]);
                return arguments[1] is ConstantKernel { IsNull: true } ? arguments[0] : new NullIfKernel(arguments[0], Compare("equals", p, q, call));
            case "in":
                return InKernels.Compile(arguments, type);
            case "least" or "greatest":
                return new ExtremeKernel(type, [.. arguments.Select(a => Coerce(a, type))], name == "greatest");
        }
        // All others yield null for null.
        if (arguments.Any(a => a.Type.Kind == TypeKind.Null || a is ConstantKernel { IsNull: true })) return ConstantKernel.Null(type);
        return Folded(Strict(name, type, arguments, call), call, arguments);
    }

    static Kernel Strict(string name, DataType type, Kernel[] a, CallExpr call)
    {
        switch (name)
        {
            case "equals" or "not_equals" or "less" or "less_or_equal" or "greater" or "greater_or_equal":
                var (x, y) = Together(a[0], a[1]);
                return Compare(name, x, y, call);
            case "not":
                return new NotKernel(Coerce(a[0], DataType.Boolean));
            case "add" or "subtract" when !type.IsNumeric || !a.All(k => k.Type.IsNumeric):
                return TimeKernels.Arithmetic(name, type, a[0], a[1]);
            case "multiply" when type is DecimalType product:
                return DecimalKernels.Compile(name, product, Coerce(a[0], TypeRules.AsDecimal(a[0].Type)), Coerce(a[1], TypeRules.AsDecimal(a[1].Type)));
            case "add" or "subtract" or "modulo" when type is DecimalType d:
                var wide = DataType.Decimal(DecimalType.MaxPrecision, d.Scale);
                return DecimalKernels.Compile(name, d, Coerce(a[0], wide), Coerce(a[1], wide));
            case "add" or "subtract" or "multiply" or "divide" or "modulo":
                return ArithmeticKernels.Compile(name, type, Coerce(a[0], type), Coerce(a[1], type));
        }
        return NumberKernels.TryCompile(name, type, a)
            ?? TextKernels.TryCompile(name, type, a)
            ?? TimeKernels.TryCompile(name, type, a)
            ?? MomentFormatKernels.TryCompile(name, type, a)
            ?? NestedKernels.TryCompile(name, type, a, call)
            ?? throw new PlanException($"The streaming engine has no '{name}' for ({string.Join(", ", a.Select(k => k.Type))}).");
    }

    static Kernel Compare(string name, Kernel x, Kernel y, Expr expr)
    {
        if (x is ConstantKernel { IsNull: true } || y is ConstantKernel { IsNull: true }) return ConstantKernel.Null(DataType.Boolean);
        var kernel = ComparisonKernels.Compile(name, x, y);
        kernel.Expression = expr;
        return kernel;
    }

    /// <summary>Both as values of the type in which both can stand.</summary>
    static (Kernel, Kernel) Together(Kernel a, Kernel b)
    {
        var type = TypeRules.Common(a.Type, b.Type) ?? throw new PlanException($"{a.Type} and {b.Type} don't meet. Cast one of them.");
        return (Coerce(a, type), Coerce(b, type));
    }

    internal static Kernel Coerce(Kernel kernel, DataType type)
    {
        if (kernel.Type == type) return kernel;
        if (kernel is ConstantKernel { IsNull: true }) return ConstantKernel.Null(type);
        var cast = CastKernels.Compile(kernel, type, lenient: false);
        cast.Expression = kernel.Expression;
        return Folded(cast, kernel.Expression, kernel);
    }

    /// <summary>What depends on constants only is computed once; what fails there fails when rows come, as it would for each.</summary>
    static Kernel Folded(Kernel kernel, Expr? expr, params ReadOnlySpan<Kernel> inputs)
    {
        kernel.Expression ??= expr;
        foreach (var input in inputs)
            if (input is not ConstantKernel) return kernel;
        using var one = new Batch(Schema.Empty, 1, []);
        try
        {
            // What stands on the batch's memory must not outlive it: the value is built anew.
            var builder = ColumnBuilder.For(kernel.Type);
            var value = kernel.Column(new Evaluation(one, new Faults("constant", collect: false)));
            builder.AddValue(value.ValueAt(0));
            return new ConstantKernel(builder.Build());
        }
        catch (Exception wrong) when (wrong is RowException or OverflowException or ArgumentOutOfRangeException)
        {
            return kernel;
        }
    }

    static ConstantKernel Literal(LiteralExpr literal)
    {
        var builder = ColumnBuilder.For(literal.Type);
        builder.AddValue(literal.Value);
        return new ConstantKernel(builder.Build());
    }
}

sealed class StructKernel(DataType type, Kernel[] fields) : Kernel(type)
{
    internal override bool MayFail => fields.Any(f => f.MayFail);

    internal override Operand Run(Evaluation rows) => new(new StructColumn(Type, rows.Count, fields.Select(f => f.Column(rows)).ToArray()));
}
