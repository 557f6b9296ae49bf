namespace Millrace.Plans;

/// <summary>
/// An expression made ready to run over batches. It keeps no state between batches: several threads run the same one.
/// </summary>
abstract class Kernel(DataType type)
{
    internal DataType Type { get; } = type;

    /// <summary>Whether a row can fail: such a kernel only sees the rows that need it.</summary>
    internal virtual bool MayFail => false;

    /// <summary>The expression, for messages.</summary>
    internal Expr? Expression { get; set; }

    internal abstract Operand Run(Evaluation rows);

    /// <summary>The result as a column, whatever it is.</summary>
    internal Column Column(Evaluation rows) => Run(rows).Spread(rows.Count, rows.Memory);
}

sealed class ColumnKernel(DataType type, int index) : Kernel(type)
{
    internal override Operand Run(Evaluation rows) => new(rows.Column(index));
}

sealed class ConstantKernel(Column value) : Kernel(value.Type)
{
    internal Column Value { get; } = value;

    internal bool IsNull => Value.IsNull(0);

    internal override Operand Run(Evaluation rows) => new(Value, Constant: true);

    internal static ConstantKernel Null(DataType type)
    {
        var builder = ColumnBuilder.For(type);
        builder.AddNull();
        return new ConstantKernel(builder.Build());
    }
}
