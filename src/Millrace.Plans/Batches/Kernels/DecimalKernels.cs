using System.Numerics;

namespace Millrace.Plans;

/// <summary>Arithmetic of decimals: 128-bit numbers at a scale, most of which fit into 64 bits and are quick there.</summary>
static class DecimalKernels
{
    const string Widen = " The result needs more digits than a decimal of that precision holds; round or cast the operands.";

    internal static Kernel Compile(string function, DecimalType type, Kernel a, Kernel b)
    {
        var limit = ClrValue.PowerOfTen(type.Precision);
        return function switch
        {
            "add" => new BinaryKernel<Int128, Int128, Int128, Plus>(type, a, b, new(limit), mayFail: true),
            "subtract" => new BinaryKernel<Int128, Int128, Int128, Minus>(type, a, b, new(limit), mayFail: true),
            "multiply" => new BinaryKernel<Int128, Int128, Int128, Times>(type, a, b, new(limit), mayFail: true),
            _ => new BinaryKernel<Int128, Int128, Int128, Remainder>(type, a, b, default, mayFail: true),
        };
    }

    internal static bool IsSmall(Int128 value) => (long)value == value;

    internal static bool Within(Int128 value, Int128 limit) => value < limit && value > -limit;

    readonly struct Plus(Int128 limit) : IBinary<Int128, Int128, Int128>
    {
        public bool Try(Int128 a, Int128 b, out Int128 result)
        {
            // Neither has more than 38 digits, so the sum can't leave 128 bits.
            result = unchecked(a + b);
            return Within(result, limit);
        }

        public (string, string) Why(Int128 a, Int128 b) => ("overflow", Widen);
    }

    readonly struct Minus(Int128 limit) : IBinary<Int128, Int128, Int128>
    {
        public bool Try(Int128 a, Int128 b, out Int128 result)
        {
            result = unchecked(a - b);
            return Within(result, limit);
        }

        public (string, string) Why(Int128 a, Int128 b) => ("overflow", Widen);
    }

    readonly struct Times(Int128 limit) : IBinary<Int128, Int128, Int128>
    {
        public bool Try(Int128 a, Int128 b, out Int128 result)
        {
            if (IsSmall(a) && IsSmall(b))
            {
                var high = Math.BigMul((long)a, (long)b, out var low);
                result = new Int128((ulong)high, (ulong)low);
                return Within(result, limit);
            }
            var product = (BigInteger)a * b;
            var fits = BigInteger.Abs(product) < limit;
            result = fits ? (Int128)product : 0;
            return fits;
        }

        public (string, string) Why(Int128 a, Int128 b) => ("overflow", Widen);
    }

    readonly struct Remainder : IBinary<Int128, Int128, Int128>
    {
        public bool Try(Int128 a, Int128 b, out Int128 result)
        {
            result = 0;
            if (b == 0) return false;
            result = IsSmall(a) && IsSmall(b) && (long)b != -1 ? (long)a % (long)b : b == -1 ? 0 : a % b;
            return true;
        }

        public (string, string) Why(Int128 a, Int128 b) => ArithmeticKernels.ByZero;
    }
}
