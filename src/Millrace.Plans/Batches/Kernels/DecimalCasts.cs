using System.Numerics;

namespace Millrace.Plans;

/// <summary>Between decimals and other numbers. Digits behind the scale are rounded, halves away from zero.</summary>
static class DecimalCasts
{
    internal static Kernel? From(Kernel input, DecimalType from, DataType to, bool lenient, bool rounds = true) => to switch
    {
        DecimalType d => Rescale(input, from, d, lenient),
        { Kind: TypeKind.Int16 } => Whole<short>(input, from, to, lenient, rounds),
        { Kind: TypeKind.Int32 } => Whole<int>(input, from, to, lenient, rounds),
        { Kind: TypeKind.Int64 } => Whole<long>(input, from, to, lenient, rounds),
        { Kind: TypeKind.Float64 } => new UnaryKernel<Int128, double, ToDouble>(to, input, new(from.Scale)),
        { Kind: TypeKind.Float32 } => CastKernels.Compile(From(input, from, DataType.Float64, lenient)!, to, lenient),
        { Kind: TypeKind.Boolean } => new UnaryKernel<Int128, bool, NotZero>(to, input, default),
        _ => null,
    };

    internal static Kernel? To(Kernel input, DecimalType to, bool lenient, bool rounds = true)
    {
        switch (input.Type.Kind)
        {
            case TypeKind.Int16:
                return new UnaryKernel<short, Int128, Scaled<short>>(to, input, new(to), MayOverflow(TypeRules.AsDecimal(input.Type), to) && !lenient, lenient);
            case TypeKind.Int32:
                return new UnaryKernel<int, Int128, Scaled<int>>(to, input, new(to), MayOverflow(TypeRules.AsDecimal(input.Type), to) && !lenient, lenient);
            case TypeKind.Int64:
                return new UnaryKernel<long, Int128, Scaled<long>>(to, input, new(to), MayOverflow(TypeRules.AsDecimal(input.Type), to) && !lenient, lenient);
            case TypeKind.Float64:
                return new UnaryKernel<double, Int128, FromDouble>(to, input, new(to, rounds), !lenient, lenient);
            case TypeKind.Float32:
                return To(CastKernels.Compile(input, DataType.Float64, lenient), to, lenient, rounds);
            case TypeKind.Boolean:
                return To(CastKernels.Compile(input, DataType.Int32, lenient), to, lenient);
            default:
                return null;
        }
    }

    static UnaryKernel<Int128, Int128, Rescaled> Rescale(Kernel input, DecimalType from, DecimalType to, bool lenient) =>
        new(to, input, new(from, to), MayOverflow(from, to) && !lenient, lenient);

    static bool MayOverflow(DecimalType from, DecimalType to) =>
        to.Precision - to.Scale < from.Precision - from.Scale + (to.Scale < from.Scale ? 1 : 0);

    static UnaryKernel<Int128, T, ToWhole<T>> Whole<T>(Kernel input, DecimalType from, DataType to, bool lenient, bool rounds) where T : unmanaged, IBinaryInteger<T> =>
        new(to, input, new(from.Scale, to, rounds), !lenient, lenient);

    /// <summary>Divided, halves away from zero.</summary>
    internal static Int128 Divide(Int128 value, Int128 by)
    {
        if (by == 1) return value;
        if (DecimalKernels.IsSmall(value) && DecimalKernels.IsSmall(by))
        {
            var (small, divisor) = ((long)value, (long)by);
            var (whole, left) = (small / divisor, small % divisor);
            return Math.Abs((decimal)left) * 2 >= divisor ? whole + Math.Sign(small) : whole;
        }
        var quotient = value / by;
        var rest = value - quotient * by;
        return (UInt128)Int128.Abs(rest) * 2 >= (UInt128)by ? quotient + Int128.Sign(value) : quotient;
    }

    readonly struct Rescaled(DecimalType from, DecimalType to) : IUnary<Int128, Int128>
    {
        readonly DecimalType to = to;
        readonly Int128 up = ClrValue.PowerOfTen(Math.Max(0, to.Scale - from.Scale));
        readonly Int128 down = ClrValue.PowerOfTen(Math.Max(0, from.Scale - to.Scale));
        readonly Int128 limit = ClrValue.PowerOfTen(to.Precision);
        readonly Int128 bound = ClrValue.PowerOfTen(to.Precision) / ClrValue.PowerOfTen(Math.Max(0, to.Scale - from.Scale));

        public bool Try(Int128 value, out Int128 result)
        {
            result = 0;
            if (up > 1)
            {
                if (!DecimalKernels.Within(value, bound)) return false;
                result = value * up;
                return true;
            }
            result = Divide(value, down);
            return DecimalKernels.Within(result, limit);
        }

        public (string, string) Why(Int128 value) => CastKernels.Outside(to);
    }

    readonly struct Scaled<T>(DecimalType to) : IUnary<T, Int128> where T : IBinaryInteger<T>
    {
        readonly DecimalType to = to;
        readonly Int128 factor = ClrValue.PowerOfTen(to.Scale);
        readonly Int128 bound = ClrValue.PowerOfTen(to.Precision - to.Scale);

        public bool Try(T value, out Int128 result)
        {
            var whole = long.CreateTruncating(value);
            result = 0;
            if (!DecimalKernels.Within(whole, bound)) return false;
            result = factor * whole;
            return true;
        }

        public (string, string) Why(T value) => CastKernels.Outside(to);
    }

    readonly struct ToWhole<T>(int scale, DataType to, bool rounds) : IUnary<Int128, T> where T : IBinaryInteger<T>
    {
        readonly Int128 factor = ClrValue.PowerOfTen(scale);

        public bool Try(Int128 value, out T result)
        {
            var whole = Divide(value, factor);
            result = T.CreateTruncating(whole);
            return Int128.CreateTruncating(result) == whole && (rounds || whole * factor == value);
        }

        public (string, string) Why(Int128 value) => CastKernels.Outside(to, rounds);
    }

    readonly struct ToDouble(int scale) : IUnary<Int128, double>
    {
        readonly double factor = Math.Pow(10, scale);

        public bool Try(Int128 value, out double result)
        {
            result = (DecimalKernels.IsSmall(value) ? (double)(long)value : (double)value) / factor;
            return true;
        }
    }

    readonly struct FromDouble(DecimalType to, bool rounds) : IUnary<double, Int128>
    {
        readonly DecimalType to = to;
        readonly double factor = Math.Pow(10, to.Scale);
        readonly double bound = Math.Pow(10, to.Precision);
        readonly Int128 limit = ClrValue.PowerOfTen(to.Precision);

        public bool Try(double value, out Int128 result)
        {
            var scaled = Math.Round(value * factor, MidpointRounding.AwayFromZero);
            result = Math.Abs(scaled) < bound ? (Int128)scaled : limit;
            // The decimal that is nearest to the float stands for it: what isn't that float has lost digits.
            return result < limit && result > -limit && (rounds || (double)result / factor == value);
        }

        public (string, string) Why(double value) => CastKernels.Outside(to, rounds);
    }

    readonly struct NotZero : IUnary<Int128, bool>
    {
        public bool Try(Int128 value, out bool result)
        {
            result = value != 0;
            return true;
        }
    }
}
