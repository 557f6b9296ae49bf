namespace Millrace.Plans;

/// <summary>
/// A unit of measure: of a value in it, <c>(value + Offset) * Numerator / Denominator</c> is the value in the base unit of
/// its quantity. The factors are exact, by definition of the units.
/// </summary>
/// <param name="Quantity">What it measures; units convert within one quantity.</param>
public sealed partial record Unit(string Name, string Symbol, string Quantity, decimal Numerator, decimal Denominator = 1, decimal Offset = 0)
{
    /// <summary>Found by its name (plural or not, in any case) or by its symbol as written.</summary>
    /// <exception cref="PlanException">There is no such unit.</exception>
    public static Unit Named(string name) =>
        All.FirstOrDefault(u => u.Symbol == name)
        ?? All.FirstOrDefault(u => u.Name.Equals(name, StringComparison.OrdinalIgnoreCase) || $"{u.Name}s".Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new PlanException($"There is no unit '{name}'. The units are {string.Join("; ", All.GroupBy(u => u.Quantity).Select(g => $"{g.Key}: {Names(g)}"))}.");

    /// <summary>What a value in this unit is in another of the same quantity.</summary>
    public double Convert(double value, Unit to)
    {
        var (before, times, over, after) = Steps(to);
        return (value + (double)before) * (double)times / (double)over + (double)after;
    }

    internal Expr ConvertTo(Unit to, Expr value)
    {
        var (before, times, over, after) = Steps(to);
        if (before != 0) value = Functions.Add.Of(value, Float(before));
        if (times != 1) value = Functions.Multiply.Of(value, Float(times));
        if (over != 1) value = Functions.Divide.Of(value, Float(over));
        return after != 0 ? Functions.Add.Of(value, Float(after)) : value;

        static LiteralExpr Float(decimal number) => LiteralExpr.Of((double)number);
    }

    (decimal Before, decimal Times, decimal Over, decimal After) Steps(Unit to)
    {
        if (to.Quantity != Quantity)
            throw new PlanException($"{Name} measures {Quantity} and {to.Name} {to.Quantity}. {Name} converts to {Names(All.Where(u => u.Quantity == Quantity && u != this))}.");
        var (times, over) = (Numerator * to.Denominator, Denominator * to.Numerator);
        // One multiplication or one division where that is exact: each rounds.
        if (times % over == 0) (times, over) = (times / over, 1);
        else if (over % times == 0) (times, over) = (1, over / times);
        // One shift and not two, on the side where it is the rounder number: 32 and not 17.777....
        return (to.Offset * over) % times == 0
            ? (Offset - to.Offset * over / times, times, over, 0)
            : (0, times, over, Offset * times / over - to.Offset);
    }

    static string Names(IEnumerable<Unit> units) => string.Join(", ", units.Select(u => $"{u.Name} ({u.Symbol})"));
}
