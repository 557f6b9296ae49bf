using System.Numerics;

namespace Millrace.Plans;

/// <summary>Functions of numbers beyond the four operations.</summary>
static class NumberKernels
{
    internal static Kernel? TryCompile(string name, DataType type, Kernel[] a) => name switch
    {
        "negate" or "abs" or "sign" => type.Kind == TypeKind.Null ? null : Signs(name, type, a[0]),
        "round" or "floor" or "ceiling" or "truncate" => Rounding(name, type, a),
        "sqrt" => Real<Root>(a),
        "exp" => Real<Exponential>(a),
        "ln" => Real<Logarithm>(a),
        "log10" => Real<Logarithm10>(a),
        "power" => new BinaryKernel<double, double, double, Raised>(type, KernelCompiler.Coerce(a[0], type), KernelCompiler.Coerce(a[1], type), default),
        _ => null,
    };

    static UnaryKernel<double, double, T> Real<T>(Kernel[] a) where T : struct, IUnary<double, double> =>
        new(DataType.Float64, KernelCompiler.Coerce(a[0], DataType.Float64), default, mayFail: true);

    static Kernel? Signs(string name, DataType type, Kernel a) => Physical.Of(a.Type) switch
    {
        Physical.Form.Short => Signs<short>(name, type, a, mayFail: true),
        Physical.Form.Int => Signs<int>(name, type, a, mayFail: true),
        Physical.Form.Long => Signs<long>(name, type, a, mayFail: true),
        Physical.Form.Float => Signs<float>(name, type, a, mayFail: false),
        Physical.Form.Double => Signs<double>(name, type, a, mayFail: false),
        Physical.Form.Int128 => Signs<Int128>(name, type, a, mayFail: false),
        _ => null,
    };

    static Kernel Signs<T>(string name, DataType type, Kernel a, bool mayFail) where T : unmanaged, INumber<T> => name switch
    {
        "negate" => new UnaryKernel<T, T, Negated<T>>(type, a, default, mayFail),
        "abs" => new UnaryKernel<T, T, Absolute<T>>(type, a, default, mayFail),
        _ => new UnaryKernel<T, int, SignOf<T>>(type, a, default),
    };

    static Kernel? Rounding(string name, DataType type, Kernel[] a)
    {
        var digits = 0;
        if (a.Length == 2)
        {
            if (KernelCompiler.Coerce(a[1], DataType.Int32) is not ConstantKernel constant) throw new PlanException("How many digits to round to must be a constant.");
            digits = ((Column<int>)constant.Value).Values[0];
        }
        var how = name switch
        {
            "floor" => MidpointRounding.ToNegativeInfinity,
            "ceiling" => MidpointRounding.ToPositiveInfinity,
            "truncate" => MidpointRounding.ToZero,
            _ => MidpointRounding.AwayFromZero,
        };
        return type.Kind switch
        {
            TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64 when digits >= 0 => a[0],
            TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64 =>
                KernelCompiler.Coerce(Rounding(KernelCompiler.Coerce(a[0], DataType.Decimal(DecimalType.MaxPrecision, 0)), 0, digits, how), type),
            TypeKind.Decimal => Rounding(a[0], ((DecimalType)type).Scale, digits, how),
            TypeKind.Float64 => new UnaryKernel<double, double, RoundedDouble>(type, a[0], new(digits, how)),
            TypeKind.Float32 => KernelCompiler.Coerce(new UnaryKernel<double, double, RoundedDouble>(DataType.Float64, KernelCompiler.Coerce(a[0], DataType.Float64), new(digits, how)), type),
            _ => null,
        };
    }

    static Kernel Rounding(Kernel a, int scale, int digits, MidpointRounding how) => digits >= scale
        ? a
        : new UnaryKernel<Int128, Int128, RoundedDecimal>(a.Type, a, new((DecimalType)a.Type, Math.Min(scale - digits, DecimalType.MaxPrecision), how), mayFail: true);

    readonly struct Negated<T> : IUnary<T, T> where T : INumber<T>
    {
        public bool Try(T value, out T result)
        {
            result = unchecked(-value);
            // Only the least whole number is its own opposite.
            return result != value || T.IsZero(value) || T.IsNaN(value);
        }

        public (string, string) Why(T value) => ("overflow", " Cast to a wider type first.");
    }

    readonly struct Absolute<T> : IUnary<T, T> where T : INumber<T>
    {
        public bool Try(T value, out T result)
        {
            result = T.IsNegative(value) ? unchecked(-value) : value;
            return !T.IsNegative(result) || T.IsZero(result) || T.IsNaN(result);
        }

        public (string, string) Why(T value) => ("overflow", " Cast to a wider type first.");
    }

    readonly struct SignOf<T> : IUnary<T, int> where T : INumber<T>
    {
        public bool Try(T value, out int result)
        {
            result = T.IsZero(value) || T.IsNaN(value) ? 0 : T.IsNegative(value) ? -1 : 1;
            return true;
        }
    }

    readonly struct RoundedDouble(int digits, MidpointRounding how) : IUnary<double, double>
    {
        readonly double factor = Math.Pow(10, Math.Abs(digits));

        public bool Try(double value, out double result)
        {
            if (digits == 0)
            {
                result = Math.Round(value, how);
                return true;
            }
            result = digits > 0 ? Math.Round(value * factor, how) / factor : Math.Round(value / factor, how) * factor;
            // So many digits that scaling leaves the range: there is nothing behind them to round, or nothing before.
            if (!double.IsFinite(result)) result = digits < 0 && double.IsInfinity(factor) && double.IsFinite(value) ? 0 : value;
            return true;
        }
    }

    readonly struct RoundedDecimal(DecimalType type, int cut, MidpointRounding how) : IUnary<Int128, Int128>
    {
        readonly Int128 factor = ClrValue.PowerOfTen(cut);
        readonly Int128 limit = ClrValue.PowerOfTen(type.Precision);

        public bool Try(Int128 value, out Int128 result)
        {
            var whole = value / factor;
            var rest = value - whole * factor;
            whole += how switch
            {
                MidpointRounding.ToNegativeInfinity => rest < 0 ? -1 : 0,
                MidpointRounding.ToPositiveInfinity => rest > 0 ? 1 : 0,
                MidpointRounding.AwayFromZero => (UInt128)Int128.Abs(rest) * 2 >= (UInt128)factor ? Int128.Sign(value) : 0,
                _ => 0,
            };
            // One step up can pass 128 bits only where it passes the type's digits too.
            result = unchecked(whole * factor);
            return DecimalKernels.Within(whole, limit / factor + 1) && DecimalKernels.Within(result, limit);
        }

        public (string, string) Why(Int128 value) => ("overflow", " Cast to more digits first.");
    }

    readonly struct Root : IUnary<double, double>
    {
        public bool Try(double value, out double result)
        {
            result = Math.Sqrt(value);
            return !(value < 0);
        }

        public (string, string) Why(double value) => ("square root of a negative number", "");
    }

    readonly struct Exponential : IUnary<double, double>
    {
        public bool Try(double value, out double result)
        {
            result = Math.Exp(value);
            return true;
        }
    }

    readonly struct Logarithm : IUnary<double, double>
    {
        public bool Try(double value, out double result)
        {
            result = Math.Log(value);
            return !(value <= 0);
        }

        public (string, string) Why(double value) => ("logarithm of a number that isn't positive", "");
    }

    readonly struct Logarithm10 : IUnary<double, double>
    {
        public bool Try(double value, out double result)
        {
            result = Math.Log10(value);
            return !(value <= 0);
        }

        public (string, string) Why(double value) => ("logarithm of a number that isn't positive", "");
    }

    readonly struct Raised : IBinary<double, double, double>
    {
        public bool Try(double a, double b, out double result)
        {
            result = Math.Pow(a, b);
            return true;
        }
    }
}

/// <summary>The least or the greatest of the arguments that aren't null.</summary>
sealed class ExtremeKernel(DataType type, Kernel[] inputs, bool greatest) : Kernel(type)
{
    internal override bool MayFail => inputs.Any(i => i.MayFail);

    internal override Operand Run(Evaluation rows)
    {
        var columns = inputs.Select(i => i.Column(rows)).ToArray();
        var owners = new int[rows.Count];
        for (var c = 1; c < columns.Length; c++)
        {
            for (var i = 0; i < owners.Length; i++)
            {
                var best = columns[owners[i]];
                if (columns[c].IsNull(i)) continue;
                if (best.IsNull(i)) owners[i] = c;
                else
                {
                    var order = ValueOrder.Compare(columns[c], i, best, i);
                    if (greatest ? order > 0 : order < 0) owners[i] = c;
                }
            }
        }
        var result = new Scatter(rows, Type);
        for (var c = 0; c < columns.Length; c++)
        {
            var places = rows.Rent<int>();
            var found = 0;
            for (var i = 0; i < owners.Length; i++)
                if (owners[i] == c) places[found++] = i;
            if (found > 0) result.Add(new(columns[c].Take(places.AsSpan(0, found), rows.Memory)), places.AsMemory(0, found));
        }
        return new(result.Build());
    }
}
