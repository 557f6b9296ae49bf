using System.Numerics;

namespace Millrace.Plans;

/// <summary>Which of two values comes first, in the one order that plans have: NaN last, text by bytes, false before true.</summary>
static class ComparisonKernels
{
    internal static Kernel Compile(string function, Kernel a, Kernel b) => a.Type.Kind switch
    {
        TypeKind.Boolean or TypeKind.Null => Of<bool, Booleans>(function, a, b),
        TypeKind.Int16 => Of<short, Numbers<short>>(function, a, b),
        TypeKind.Int32 or TypeKind.Date => Of<int, Numbers<int>>(function, a, b),
        TypeKind.Int64 or TypeKind.Time or TypeKind.Timestamp or TypeKind.Instant or TypeKind.Duration => Of<long, Numbers<long>>(function, a, b),
        TypeKind.Decimal => Of<Int128, Numbers<Int128>>(function, a, b),
        TypeKind.Float32 => Of<float, Floats<float>>(function, a, b),
        TypeKind.Float64 => Of<double, Floats<double>>(function, a, b),
        TypeKind.Uuid => Of<Guid, Uuids>(function, a, b),
        _ => new AnyComparisonKernel(function, a, b),
    };

    static Kernel Of<T, TOrder>(string function, Kernel a, Kernel b) where T : unmanaged where TOrder : struct, IOrder<T> => function switch
    {
        "equals" => new BinaryKernel<T, T, bool, Equal<T, TOrder>>(DataType.Boolean, a, b, default),
        "not_equals" => new BinaryKernel<T, T, bool, NotEqual<T, TOrder>>(DataType.Boolean, a, b, default),
        "less" => new BinaryKernel<T, T, bool, Less<T, TOrder>>(DataType.Boolean, a, b, default),
        "greater_or_equal" => new BinaryKernel<T, T, bool, NotLess<T, TOrder>>(DataType.Boolean, a, b, default),
        "greater" => new BinaryKernel<T, T, bool, Less<T, TOrder>>(DataType.Boolean, b, a, default),
        "less_or_equal" => new BinaryKernel<T, T, bool, NotLess<T, TOrder>>(DataType.Boolean, b, a, default),
        _ => throw new PlanException($"'{function}' doesn't compare."),
    };

    internal interface IOrder<T>
    {
        static abstract bool Same(T a, T b);
        static abstract bool Less(T a, T b);
    }

    internal readonly struct Numbers<T> : IOrder<T> where T : INumber<T>
    {
        public static bool Same(T a, T b) => a == b;
        public static bool Less(T a, T b) => a < b;
    }

    internal readonly struct Floats<T> : IOrder<T> where T : IFloatingPointIeee754<T>
    {
        public static bool Same(T a, T b) => a == b || (T.IsNaN(a) & T.IsNaN(b));
        public static bool Less(T a, T b) => a < b || (T.IsNaN(b) & !T.IsNaN(a));
    }

    internal readonly struct Booleans : IOrder<bool>
    {
        public static bool Same(bool a, bool b) => a == b;
        public static bool Less(bool a, bool b) => !a & b;
    }

    internal readonly struct Uuids : IOrder<Guid>
    {
        public static bool Same(Guid a, Guid b) => a == b;
        public static bool Less(Guid a, Guid b) => a.CompareTo(b) < 0;
    }

    readonly struct Equal<T, TOrder> : IBinary<T, T, bool> where TOrder : struct, IOrder<T>
    {
        public bool Try(T a, T b, out bool result)
        {
            result = TOrder.Same(a, b);
            return true;
        }
    }

    readonly struct NotEqual<T, TOrder> : IBinary<T, T, bool> where TOrder : struct, IOrder<T>
    {
        public bool Try(T a, T b, out bool result)
        {
            result = !TOrder.Same(a, b);
            return true;
        }
    }

    readonly struct Less<T, TOrder> : IBinary<T, T, bool> where TOrder : struct, IOrder<T>
    {
        public bool Try(T a, T b, out bool result)
        {
            result = TOrder.Less(a, b);
            return true;
        }
    }

    readonly struct NotLess<T, TOrder> : IBinary<T, T, bool> where TOrder : struct, IOrder<T>
    {
        public bool Try(T a, T b, out bool result)
        {
            result = !TOrder.Less(a, b);
            return true;
        }
    }
}

/// <summary>Compares text, binary and nested values, whose bytes lie elsewhere.</summary>
sealed class AnyComparisonKernel(string function, Kernel left, Kernel right) : Kernel(DataType.Boolean)
{
    internal override bool MayFail => left.MayFail || right.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var (x, y) = (left.Run(rows), right.Run(rows));
        var result = rows.Rent<bool>();
        var marks = NullMarks.Either(rows, x, y);
        var nulls = marks.Span;
        if (x.Column is BytesColumn a && y.Column is BytesColumn b && function is "equals" or "not_equals")
            Same((BytesColumn)x.Column, x.Constant, (BytesColumn)y.Column, y.Constant, nulls, result.AsSpan(0, rows.Count), function == "equals");
        else
        {
            for (var i = 0; i < rows.Count; i++)
            {
                if (nulls.Length > 0 && nulls[i]) continue;
                var order = ValueOrder.Compare(x.Column, x.Constant ? 0 : i, y.Column, y.Constant ? 0 : i);
                result[i] = function switch
                {
                    "equals" => order == 0,
                    "not_equals" => order != 0,
                    "less" => order < 0,
                    "less_or_equal" => order <= 0,
                    "greater" => order > 0,
                    _ => order >= 0,
                };
            }
        }
        return new(new Column<bool>(DataType.Boolean, result.AsMemory(0, rows.Count), marks));
    }

    static void Same(BytesColumn a, bool aConstant, BytesColumn b, bool bConstant, ReadOnlySpan<bool> nulls, Span<bool> result, bool equal)
    {
        if (aConstant) (a, b, aConstant, bConstant) = (b, a, bConstant, aConstant);
        var bytes = a.Bytes;
        var views = a.Views;
        if (bConstant && !aConstant)
        {
            var sought = b[0];
            for (var i = 0; i < result.Length; i++)
            {
                if (nulls.Length > 0 && nulls[i]) continue;
                var view = views[i];
                result[i] = (view.Length == sought.Length && bytes.Slice(view.Start, view.Length).SequenceEqual(sought)) == equal;
            }
            return;
        }
        for (var i = 0; i < result.Length; i++)
        {
            if (nulls.Length > 0 && nulls[i]) continue;
            result[i] = a[aConstant ? 0 : i].SequenceEqual(b[bConstant ? 0 : i]) == equal;
        }
    }
}
