using System.Numerics;

namespace Millrace.Plans;

/// <summary>Plus, minus, times, divided by, remainder: of two values of one type.</summary>
static class ArithmeticKernels
{
    const string Widen = " Cast an operand to a wider type.";

    internal static Kernel Compile(string function, DataType type, Kernel a, Kernel b) => type.Kind switch
    {
        TypeKind.Int16 => Whole<short>(function, type, a, b),
        TypeKind.Int32 => Whole<int>(function, type, a, b),
        TypeKind.Int64 => Whole<long>(function, type, a, b),
        TypeKind.Float32 => Floating<float>(function, type, a, b),
        TypeKind.Float64 => Floating<double>(function, type, a, b),
        TypeKind.Decimal => DecimalKernels.Compile(function, (DecimalType)type, a, b),
        _ => throw new PlanException($"'{function}' has no arithmetic for {type}."),
    };

    static Kernel Whole<T>(string function, DataType type, Kernel a, Kernel b) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => function switch
    {
        "add" => new BinaryKernel<T, T, T, AddWhole<T>>(type, a, b, default, mayFail: true),
        "subtract" => new BinaryKernel<T, T, T, SubtractWhole<T>>(type, a, b, default, mayFail: true),
        "multiply" => new BinaryKernel<T, T, T, MultiplyWhole<T>>(type, a, b, default, mayFail: true),
        "divide" => new BinaryKernel<T, T, T, DivideWhole<T>>(type, a, b, default, mayFail: true),
        _ => new BinaryKernel<T, T, T, RemainderWhole<T>>(type, a, b, default, mayFail: true),
    };

    static Kernel Floating<T>(string function, DataType type, Kernel a, Kernel b) where T : unmanaged, IBinaryFloatingPointIeee754<T> => function switch
    {
        "add" => new BinaryKernel<T, T, T, AddFloat<T>>(type, a, b, default),
        "subtract" => new BinaryKernel<T, T, T, SubtractFloat<T>>(type, a, b, default),
        "multiply" => new BinaryKernel<T, T, T, MultiplyFloat<T>>(type, a, b, default),
        "divide" => new BinaryKernel<T, T, T, DivideFloat<T>>(type, a, b, default, mayFail: true),
        _ => new BinaryKernel<T, T, T, RemainderFloat<T>>(type, a, b, default, mayFail: true),
    };

    internal readonly struct AddWhole<T> : IBinary<T, T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public bool Try(T a, T b, out T result)
        {
            result = unchecked(a + b);
            return !T.IsNegative((a ^ result) & (b ^ result));
        }

        public (string, string) Why(T a, T b) => ("overflow", Widen);
    }

    internal readonly struct SubtractWhole<T> : IBinary<T, T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public bool Try(T a, T b, out T result)
        {
            result = unchecked(a - b);
            return !T.IsNegative((a ^ b) & (a ^ result));
        }

        public (string, string) Why(T a, T b) => ("overflow", Widen);
    }

    readonly struct MultiplyWhole<T> : IBinary<T, T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public bool Try(T a, T b, out T result)
        {
            if (typeof(T) == typeof(long))
            {
                var high = Math.BigMul((long)(object)a, (long)(object)b, out var low);
                result = (T)(object)low;
                return high == low >> 63;
            }
            var wide = long.CreateTruncating(a) * long.CreateTruncating(b);
            result = T.CreateTruncating(wide);
            return long.CreateTruncating(result) == wide;
        }

        public (string, string) Why(T a, T b) => ("overflow", Widen);
    }

    readonly struct DivideWhole<T> : IBinary<T, T, T> where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        public bool Try(T a, T b, out T result)
        {
            result = T.Zero;
            if (T.IsZero(b) || (b == -T.One && a == T.MinValue)) return false;
            result = a / b;
            return true;
        }

        public (string, string) Why(T a, T b) => T.IsZero(b) ? ByZero : ("overflow", Widen);
    }

    readonly struct RemainderWhole<T> : IBinary<T, T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public bool Try(T a, T b, out T result)
        {
            result = T.Zero;
            if (T.IsZero(b)) return false;
            // The least number by -1 traps in the processor, and the remainder by -1 is always 0.
            if (b != -T.One) result = a % b;
            return true;
        }

        public (string, string) Why(T a, T b) => ByZero;
    }

    readonly struct AddFloat<T> : IBinary<T, T, T> where T : unmanaged, INumber<T>
    {
        public bool Try(T a, T b, out T result)
        {
            result = a + b;
            return true;
        }
    }

    readonly struct SubtractFloat<T> : IBinary<T, T, T> where T : unmanaged, INumber<T>
    {
        public bool Try(T a, T b, out T result)
        {
            result = a - b;
            return true;
        }
    }

    readonly struct MultiplyFloat<T> : IBinary<T, T, T> where T : unmanaged, INumber<T>
    {
        public bool Try(T a, T b, out T result)
        {
            result = a * b;
            return true;
        }
    }

    readonly struct DivideFloat<T> : IBinary<T, T, T> where T : unmanaged, INumber<T>
    {
        public bool Try(T a, T b, out T result)
        {
            result = a / b;
            return b != T.Zero;
        }

        public (string, string) Why(T a, T b) => ByZero;
    }

    readonly struct RemainderFloat<T> : IBinary<T, T, T> where T : unmanaged, INumber<T>
    {
        public bool Try(T a, T b, out T result)
        {
            result = a % b;
            return b != T.Zero;
        }

        public (string, string) Why(T a, T b) => ByZero;
    }

    internal static (string, string) ByZero => ("division by zero", " Wrap the divisor in null_if(..., 0) to get null instead.");
}
