using System.Numerics;

namespace Millrace.Plans;

/// <summary>From each type to each other that it can become. What doesn't fit fails its row, or becomes null where the cast is lenient.</summary>
static class CastKernels
{
    /// <param name="rounds">Whether digits behind the point are rounded off; otherwise they don't fit.</param>
    internal static Kernel Compile(Kernel input, DataType to, bool lenient, bool rounds = true)
    {
        var from = input.Type;
        if (from == to) return input;
        if (from.Kind == TypeKind.Null) return ConstantKernel.Null(to);
        return from.Kind switch
        {
            _ when from is DecimalType d => DecimalCasts.From(input, d, to, lenient, rounds),
            _ when to is DecimalType d => DecimalCasts.To(input, d, lenient, rounds),
            TypeKind.Boolean when Number(to) => Compile(new UnaryKernel<bool, int, AsInteger>(DataType.Int32, input, default), to, lenient),
            TypeKind.Int16 when Number(to) => FromNumber<short>(input, to, lenient),
            TypeKind.Int32 when Number(to) => FromNumber<int>(input, to, lenient),
            TypeKind.Int64 when Number(to) => FromNumber<long>(input, to, lenient),
            TypeKind.Float32 when Number(to) => FromNumber<float>(input, to, lenient, rounds),
            TypeKind.Float64 when Number(to) => FromNumber<double>(input, to, lenient, rounds),
            _ => null,
        } ?? TextCasts.TryCompile(input, to, lenient, rounds)
          ?? TimeKernels.TryCast(input, to, lenient)
          ?? NestedKernels.TryCast(input, to, lenient, rounds)
          ?? throw new PlanException($"{from} can't become {to}.");
    }

    static bool Number(DataType type) => type.IsInteger || type.IsFloat || type.Kind == TypeKind.Boolean;

    static Kernel FromNumber<T>(Kernel input, DataType to, bool lenient, bool rounds = true) where T : unmanaged, INumber<T> => to.Kind switch
    {
        TypeKind.Int16 => Whole<T, short>(input, to, lenient, rounds),
        TypeKind.Int32 => Whole<T, int>(input, to, lenient, rounds),
        TypeKind.Int64 => Whole<T, long>(input, to, lenient, rounds),
        TypeKind.Float32 => new UnaryKernel<T, float, ToFloat<T, float>>(to, input, default, mayFail: !lenient && typeof(T) == typeof(double), lenient),
        TypeKind.Float64 => new UnaryKernel<T, double, ToFloat<T, double>>(to, input, default),
        _ => new UnaryKernel<T, bool, IsNotZero<T>>(to, input, default),
    };

    static Kernel Whole<T, TWhole>(Kernel input, DataType to, bool lenient, bool rounds)
        where T : unmanaged, INumber<T> where TWhole : unmanaged, IBinaryInteger<TWhole>, IMinMaxValue<TWhole>
    {
        if (typeof(T) == typeof(double)) return new UnaryKernel<double, TWhole, Rounded<TWhole>>(to, input, new(to, rounds), !lenient, lenient);
        if (typeof(T) == typeof(float))
            return new UnaryKernel<double, TWhole, Rounded<TWhole>>(to, new UnaryKernel<float, double, ToFloat<float, double>>(DataType.Float64, input, default), new(to, rounds), !lenient, lenient);
        return new UnaryKernel<T, TWhole, Narrowed<T, TWhole>>(to, input, new(to), mayFail: !lenient && to.Kind < input.Type.Kind, lenient);
    }

    internal static (string, string) Outside(DataType to, bool rounds = true) => ($"doesn't fit {to}", Remedy(to, rounds) ?? " Cast to a wider type, or use a cast that gives null.");

    /// <summary>Where a cast must not round, somebody's declaration is too narrow for the value; null where it may.</summary>
    internal static string? Remedy(DataType to, bool rounds) => rounds ? null
        : to is DecimalType ? " Nothing is rounded unasked: put [Digits(precision, scale)] on the property, or cast the column, which rounds."
        : $" Nothing is rounded unasked: declare a type with digits behind the point, or cast the column to {to}, which rounds.";

    readonly struct Narrowed<T, TWhole>(DataType to) : IUnary<T, TWhole> where T : INumber<T> where TWhole : INumber<TWhole>
    {
        public bool Try(T value, out TWhole result)
        {
            result = TWhole.CreateTruncating(value);
            return T.CreateTruncating(result) == value;
        }

        public (string, string) Why(T value) => Outside(to);
    }

    /// <summary>Halves go away from zero.</summary>
    readonly struct Rounded<TWhole>(DataType to, bool rounds) : IUnary<double, TWhole> where TWhole : IBinaryInteger<TWhole>, IMinMaxValue<TWhole>
    {
        // As doubles: the greatest int64 isn't one, so the bound above is the first that doesn't fit.
        static readonly double least = double.CreateChecked(TWhole.MinValue), beyond = -double.CreateChecked(TWhole.MinValue);

        public bool Try(double value, out TWhole result)
        {
            var whole = Math.Round(value, MidpointRounding.AwayFromZero);
            var fits = whole >= least && whole < beyond && (rounds || whole == value);
            result = fits ? TWhole.CreateTruncating(whole) : TWhole.Zero;
            return fits;
        }

        public (string, string) Why(double value) => Outside(to, rounds);
    }

    readonly struct ToFloat<T, TFloat> : IUnary<T, TFloat> where T : INumber<T> where TFloat : IFloatingPointIeee754<TFloat>
    {
        public bool Try(T value, out TFloat result)
        {
            result = TFloat.CreateTruncating(value);
            return typeof(T) != typeof(double) || !TFloat.IsInfinity(result) || T.IsInfinity(value);
        }

        public (string, string) Why(T value) => Outside(DataType.Float32);
    }

    readonly struct AsInteger : IUnary<bool, int>
    {
        public bool Try(bool value, out int result)
        {
            result = value ? 1 : 0;
            return true;
        }
    }

    readonly struct IsNotZero<T> : IUnary<T, bool> where T : INumber<T>
    {
        public bool Try(T value, out bool result)
        {
            result = !T.IsZero(value);
            return true;
        }
    }
}
