using System.Buffers;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Millrace.Plans;

/// <summary>Calls of C# delegates. Up to four arguments go by typed delegates: nothing is boxed or allocated for a row.</summary>
static class CallbackKernels
{
    internal static Kernel Compile(CallbackExpr expr, Kernel[] arguments)
    {
        var body = expr.Callback.Body;
        var method = body.GetType().GetMethod("Invoke")!;
        var parameters = method.GetParameters().Select(p => p.ParameterType).ToArray();
        if (parameters.Length != arguments.Length)
            throw new PlanException($"The function {expr.Callback.Name} has {parameters.Length} parameters and is given {arguments.Length} values.");
        for (var i = 0; i < arguments.Length; i++) arguments[i] = Fitted(arguments[i], parameters[i]);
        (Type Kernel, Type Delegate) shape = parameters.Length switch
        {
            1 => (typeof(CallbackKernel<,>), typeof(Func<,>)),
            2 => (typeof(CallbackKernel<,,>), typeof(Func<,,>)),
            3 => (typeof(CallbackKernel<,,,>), typeof(Func<,,,>)),
            4 => (typeof(CallbackKernel<,,,,>), typeof(Func<,,,,>)),
            _ => default,
        };
        if (shape.Kernel is null) return new BoxedCallbackKernel(expr, arguments);
        Type[] types = [.. parameters, method.ReturnType];
        var function = shape.Delegate.MakeGenericType(types);
        if (body.GetType() != function) body = Delegate.CreateDelegate(function, body, method);
        return (Kernel)Activator.CreateInstance(shape.Kernel.MakeGenericType(types), BindingFlags.Instance | BindingFlags.NonPublic, null, [expr, arguments, body], null)!;
    }

    // A parameter of a wider number takes a narrower column.
    static Kernel Fitted(Kernel argument, Type parameter) =>
        RecordSchema.TypeOf(Nullable.GetUnderlyingType(parameter) ?? parameter) is { IsNumeric: true } wanted && wanted.Kind != argument.Type.Kind
            && argument.Type.IsNumeric && wanted.Kind != TypeKind.Decimal
            ? KernelCompiler.Coerce(argument, wanted)
            : argument;
}

/// <summary>What all calls share: nulls, errors, the way of results into a column.</summary>
abstract class CallbackKernelBase(CallbackExpr expr, Kernel[] arguments, Type[] parameters) : Kernel(expr.Callback.Type)
{
    // Where the function can't see a null, a row with one isn't a call.
    readonly bool[] takesNull = [.. parameters.Select(p => expr.Callback.SeesNulls && (!p.IsValueType || Nullable.GetUnderlyingType(p) is not null))];

    private protected CallbackExpr Call { get; } = expr;

    internal override bool MayFail => true;

    private protected Operand[] Arguments(Evaluation rows) => [.. arguments.Select(a => new Operand(a.Column(rows)))];

    /// <summary>The rows that aren't called for; empty where all are.</summary>
    private protected ReadOnlyMemory<bool> Skipped(Evaluation rows, Operand[] all)
    {
        var relevant = all.Where((_, i) => !takesNull[i]).ToArray();
        var skipped = NullMarks.Any(rows, relevant);
        if (skipped.Length > 0 && Call.Callback is { SeesNulls: true, Nullable: false })
        {
            for (var i = 0; i < rows.Count; i++)
            {
                if (skipped.Span[i])
                    rows.Fail(i, new Fault("null", Expression, "null", $"The function {Call.Callback.Name} takes no null and a value is null. Give it a nullable parameter, or filter such rows before."));
            }
        }
        return skipped;
    }

    private protected void Threw(Evaluation rows, int row, Operand[] all, Exception error)
    {
        var values = string.Join(", ", all.Select(a => a.Display(row)));
        rows.Fail(row, new Fault($"{error.GetType().Name} in a function", Expression, values, $"The function {Call.Callback.Name} threw {error.GetType().Name} for {values}: {error.Message}"));
    }
}

/// <summary>Rented arrays of .NET values, given back with what they refer to let go.</summary>
readonly struct RentedValues<T>(int count) : IDisposable
{
    internal T[] Items { get; } = ArrayPool<T>.Shared.Rent(count);

    public void Dispose() => ArrayPool<T>.Shared.Return(Items, RuntimeHelpers.IsReferenceOrContainsReferences<T>());
}

abstract class CallbackKernelOf<TResult>(CallbackExpr expr, Kernel[] arguments, params Type[] parameters) : CallbackKernelBase(expr, arguments, parameters)
{
    readonly ClrWriter<TResult> writer = ClrWriter<TResult>.For(expr.Callback.Type);

    /// <summary>Calls on, row after row, so that only a throw leaves the loop.</summary>
    private protected delegate void Loop(ref int row, int count, ReadOnlySpan<bool> skipped, TResult[] results);

    private protected Operand Run(Evaluation rows, Operand[] all, Loop loop)
    {
        var skipped = Skipped(rows, all);
        using var results = new RentedValues<TResult>(rows.Count);
        for (var row = 0; row < rows.Count; row++)
        {
            try
            {
                loop(ref row, rows.Count, skipped.Span, results.Items);
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                Threw(rows, row, all, error);
                results.Items[row] = default!;
            }
        }
        return new(writer.Write(rows, results.Items, skipped, this));
    }
}

sealed class CallbackKernel<TA, TResult> : CallbackKernelOf<TResult>
{
    readonly Func<TA, TResult> function;
    readonly ClrReader<TA> readA;

    internal CallbackKernel(CallbackExpr expr, Kernel[] arguments, Func<TA, TResult> function) : base(expr, arguments, typeof(TA)) =>
        (this.function, readA) = (function, ClrReader<TA>.For(arguments[0].Type));

    internal override Operand Run(Evaluation rows)
    {
        var all = Arguments(rows);
        using var a = new RentedValues<TA>(rows.Count);
        readA.Read(all[0].Column, a.Items);
        return Run(rows, all, (ref row, count, skipped, results) =>
        {
            var (f, x) = (function, a.Items);
            for (; row < count; row++)
                if (skipped.Length == 0 || !skipped[row]) results[row] = f(x[row]);
        });
    }
}

sealed class CallbackKernel<TA, TB, TResult> : CallbackKernelOf<TResult>
{
    readonly Func<TA, TB, TResult> function;
    readonly ClrReader<TA> readA;
    readonly ClrReader<TB> readB;

    internal CallbackKernel(CallbackExpr expr, Kernel[] arguments, Func<TA, TB, TResult> function) : base(expr, arguments, typeof(TA), typeof(TB)) =>
        (this.function, readA, readB) = (function, ClrReader<TA>.For(arguments[0].Type), ClrReader<TB>.For(arguments[1].Type));

    internal override Operand Run(Evaluation rows)
    {
        var all = Arguments(rows);
        using var a = new RentedValues<TA>(rows.Count);
        using var b = new RentedValues<TB>(rows.Count);
        readA.Read(all[0].Column, a.Items);
        readB.Read(all[1].Column, b.Items);
        return Run(rows, all, (ref row, count, skipped, results) =>
        {
            var (f, x, y) = (function, a.Items, b.Items);
            for (; row < count; row++)
                if (skipped.Length == 0 || !skipped[row]) results[row] = f(x[row], y[row]);
        });
    }
}

sealed class CallbackKernel<TA, TB, TC, TResult> : CallbackKernelOf<TResult>
{
    readonly Func<TA, TB, TC, TResult> function;
    readonly ClrReader<TA> readA;
    readonly ClrReader<TB> readB;
    readonly ClrReader<TC> readC;

    internal CallbackKernel(CallbackExpr expr, Kernel[] arguments, Func<TA, TB, TC, TResult> function) : base(expr, arguments, typeof(TA), typeof(TB), typeof(TC)) =>
        (this.function, readA, readB, readC) = (function, ClrReader<TA>.For(arguments[0].Type), ClrReader<TB>.For(arguments[1].Type), ClrReader<TC>.For(arguments[2].Type));

    internal override Operand Run(Evaluation rows)
    {
        var all = Arguments(rows);
        using var a = new RentedValues<TA>(rows.Count);
        using var b = new RentedValues<TB>(rows.Count);
        using var c = new RentedValues<TC>(rows.Count);
        readA.Read(all[0].Column, a.Items);
        readB.Read(all[1].Column, b.Items);
        readC.Read(all[2].Column, c.Items);
        return Run(rows, all, (ref row, count, skipped, results) =>
        {
            var (f, x, y, z) = (function, a.Items, b.Items, c.Items);
            for (; row < count; row++)
                if (skipped.Length == 0 || !skipped[row]) results[row] = f(x[row], y[row], z[row]);
        });
    }
}

sealed class CallbackKernel<TA, TB, TC, TD, TResult> : CallbackKernelOf<TResult>
{
    readonly Func<TA, TB, TC, TD, TResult> function;
    readonly ClrReader<TA> readA;
    readonly ClrReader<TB> readB;
    readonly ClrReader<TC> readC;
    readonly ClrReader<TD> readD;

    internal CallbackKernel(CallbackExpr expr, Kernel[] arguments, Func<TA, TB, TC, TD, TResult> function)
        : base(expr, arguments, typeof(TA), typeof(TB), typeof(TC), typeof(TD))
    {
        this.function = function;
        (readA, readB) = (ClrReader<TA>.For(arguments[0].Type), ClrReader<TB>.For(arguments[1].Type));
        (readC, readD) = (ClrReader<TC>.For(arguments[2].Type), ClrReader<TD>.For(arguments[3].Type));
    }

    internal override Operand Run(Evaluation rows)
    {
        var all = Arguments(rows);
        using var a = new RentedValues<TA>(rows.Count);
        using var b = new RentedValues<TB>(rows.Count);
        using var c = new RentedValues<TC>(rows.Count);
        using var d = new RentedValues<TD>(rows.Count);
        readA.Read(all[0].Column, a.Items);
        readB.Read(all[1].Column, b.Items);
        readC.Read(all[2].Column, c.Items);
        readD.Read(all[3].Column, d.Items);
        return Run(rows, all, (ref row, count, skipped, results) =>
        {
            var (f, x, y, z, w) = (function, a.Items, b.Items, c.Items, d.Items);
            for (; row < count; row++)
                if (skipped.Length == 0 || !skipped[row]) results[row] = f(x[row], y[row], z[row], w[row]);
        });
    }
}

/// <summary>Any number of arguments, boxed: none, or more than four.</summary>
sealed class BoxedCallbackKernel(CallbackExpr expr, Kernel[] arguments)
    : CallbackKernelBase(expr, arguments, [.. expr.Callback.Body.Method.GetParameters().TakeLast(arguments.Length).Select(p => p.ParameterType)])
{
    internal override Operand Run(Evaluation rows)
    {
        var all = Arguments(rows);
        var skipped = Skipped(rows, all).Span;
        var parameters = Call.Callback.Body.GetType().GetMethod("Invoke")!.GetParameters();
        var result = ColumnBuilder.For(Type);
        for (var row = 0; row < rows.Count; row++)
        {
            object? value = null;
            if (skipped.Length == 0 || !skipped[row])
            {
                try
                {
                    value = Call.Callback.Body.DynamicInvoke([.. all.Select((a, i) => BoxedReader.Value(a.Column, row, parameters[i].ParameterType))]);
                }
                catch (TargetInvocationException error)
                {
                    Threw(rows, row, all, error.InnerException ?? error);
                }
            }
            result.AddValue(value);
        }
        return new(result.Build());
    }
}
