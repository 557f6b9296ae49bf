using System.Diagnostics;

namespace Millrace.Plans;

/// <summary>A step that looks at one batch at a time and keeps nothing: several threads run the same one.</summary>
abstract class RowStep(string name, RunContext context)
{
    readonly Stage stage = context.Stages.Add(name, context.Threads);

    protected string Name { get; } = name;
    protected RejectLog? Rejects { get; } = context.Rejects;

    internal static bool IsOne(Relation plan) => plan is Filter or Project or Check;

    internal static RowStep Compile(Relation plan, RunContext context) => plan switch
    {
        Filter filter => new FilterStep(filter, context),
        Project project => new ProjectStep(project, context),
        Check check => new CheckStep(check, context),
        _ => throw new PlanException($"The streaming engine has no {NameOf(plan)}."),
    };

    internal static string NameOf(Relation plan) => plan switch
    {
        Scan scan => $"scan {scan.Source.Kind}",
        Check check => $"check {check.Rule}",
        _ => plan.GetType().Name.ToLowerInvariant(),
    };

    /// <summary>Through all steps; null where no row is left. The batch is taken over.</summary>
    internal static Batch? RunAll(RowStep[] steps, Batch batch)
    {
        Batch? current = batch;
        try
        {
            foreach (var step in steps)
            {
                current = step.Measured(current);
                if (current is null) return null;
            }
            return current;
        }
        catch
        {
            current?.Dispose();
            throw;
        }
    }

    /// <summary>The rows that remain, on the memory of the input; rejected rows are counted and logged.</summary>
    private protected abstract Batch Run(Batch input, out int rejected);

    Batch? Measured(Batch input)
    {
        var start = Stopwatch.GetTimestamp();
        var result = Run(input, out var rejected);
        stage.Count(input.Count, result.Count, Stopwatch.GetElapsedTime(start), rejected: rejected);
        if (result.Count > 0 || input.Count == 0) return result;
        result.Dispose();
        return null;
    }

    private protected static Batch Take(Batch input, ReadOnlyMemory<int> rows)
    {
        if (rows.Length == input.Count) return input;
        var taken = new Column[input.Columns.Length];
        for (var i = 0; i < taken.Length; i++) taken[i] = input[i].Take(rows.Span, input.Memory);
        return new Batch(input.Schema, rows.Length, taken, input.Memory);
    }

    private protected void Reject(Batch input, int row, string rule, string? column, string? value, string message)
    {
        var (source, line) = Faults.Origin(input, row);
        Rejects!.Add(new Reject(rule, Name, column, value is { Length: > 1000 } ? value[..1000] : value, source, line, message));
    }

    /// <summary>Logs the rows that failed and gives those that didn't.</summary>
    private protected ReadOnlyMemory<int> Without(Faults faults, Batch input, out int rejected)
    {
        rejected = 0;
        foreach (var (row, fault) in faults.InOrder)
        {
            Reject(input, row, fault.Rule, fault.Expression is ColumnExpr c ? c.Name : null, fault.Value, fault.Message);
            rejected++;
        }
        var kept = input.Memory.Rent<int>(input.Count);
        var found = 0;
        for (var i = 0; i < input.Count; i++)
            if (!faults.Contains(i)) kept[found++] = i;
        return kept.AsMemory(0, found);
    }

    sealed class FilterStep(Filter filter, RunContext context) : RowStep(NameOf(filter), context)
    {
        readonly Kernel condition = new KernelCompiler(filter.Input.Schema).Compile(filter.Condition, DataType.Boolean);

        private protected override Batch Run(Batch input, out int rejected)
        {
            rejected = 0;
            var rows = new Evaluation(input, new Faults(Name, collect: false));
            return Take(input, NullMarks.WhereTrue(condition.Run(rows), input.Count, input.Memory));
        }
    }

    sealed class ProjectStep : RowStep
    {
        readonly Schema schema;
        readonly Kernel[] kernels;
        readonly bool rejects;

        internal ProjectStep(Project project, RunContext context) : base(NameOf(project), context)
        {
            schema = project.Schema;
            var compiler = new KernelCompiler(project.Input.Schema);
            kernels = [.. project.Columns.Select((c, i) => compiler.Compile(c.Value, schema[i].Type))];
            rejects = project.Rejects && context.Rejects is not null && kernels.Any(k => k.MayFail);
        }

        private protected override Batch Run(Batch input, out int rejected)
        {
            rejected = 0;
            var faults = new Faults(Name, rejects);
            var rows = new Evaluation(input, faults);
            var columns = new Column[kernels.Length];
            for (var i = 0; i < columns.Length; i++) columns[i] = kernels[i].Column(rows);
            var result = new Batch(schema, input.Count, columns, input.Memory);
            return faults.Any ? Take(result, Without(faults, input, out rejected)) : result;
        }
    }

    sealed class CheckStep(Check check, RunContext context) : RowStep(NameOf(check), context)
    {
        readonly Kernel condition = new KernelCompiler(check.Input.Schema).Compile(check.Condition, DataType.Boolean);
        readonly int column = check.Column is null ? -1 : check.Input.Schema.IndexOf(check.Column);
        readonly bool fails = check.Fail || context.Rejects is null;

        private protected override Batch Run(Batch input, out int rejected)
        {
            rejected = 0;
            var faults = new Faults(Name, collect: !fails);
            var rows = new Evaluation(input, faults);
            var kept = NullMarks.WhereTrue(condition.Run(rows), input.Count, input.Memory);
            if (kept.Length == input.Count && !faults.Any) return input;
            var next = 0;
            for (var i = 0; i < input.Count; i++)
            {
                if (next < kept.Length && kept.Span[next] == i) next++;
                else faults.Add(input, i, Broken(input, i));
            }
            return Take(input, Without(faults, input, out rejected));
        }

        Fault Broken(Batch input, int row)
        {
            var value = column < 0 ? null : new Operand(input[column]).Display(row);
            var what = value is null ? "The row" : $"{check.Column} = {value}";
            return new Fault(check.Rule, column < 0 ? check.Condition : new ColumnExpr(check.Column!), value, $"{what} breaks the rule '{check.Rule}': {check.Condition} isn't true.");
        }
    }
}
