namespace Millrace.Plans;

abstract partial class RowStep
{
    sealed class FilterStep(Filter filter, RunContext context) : RowStep(NameOf(filter), context)
    {
        readonly Kernel condition = new KernelCompiler(filter.Input.Schema).Compile(filter.Condition, DataType.Boolean);

        private protected override Batch Run(Batch input, ref List<Reject>? rejects)
        {
            var rows = new Evaluation(input, new Faults(Name, collect: false));
            return Take(input, NullMarks.WhereTrue(condition.Run(rows), input.Count, input.Memory));
        }
    }

    sealed class ProjectStep : RowStep
    {
        readonly Schema schema;
        readonly Kernel[] kernels;
        readonly bool refuses;

        internal ProjectStep(Project project, RunContext context) : base(NameOf(project), context)
        {
            schema = project.Schema;
            var compiler = new KernelCompiler(project.Input.Schema);
            kernels = [.. project.Columns.Select((c, i) => compiler.Compile(c.Value, schema[i].Type))];
            refuses = project.Rejects && context.Rejects is not null && kernels.Any(k => k.MayFail);
        }

        private protected override bool Accounts => true;

        private protected override Batch Run(Batch input, ref List<Reject>? rejects)
        {
            var faults = new Faults(Name, refuses);
            var rows = new Evaluation(input, faults);
            var columns = new Column[kernels.Length];
            for (var i = 0; i < columns.Length; i++)
            {
                faults.Column = schema[i].Name;
                columns[i] = kernels[i].Column(rows);
            }
            var result = new Batch(schema, input.Count, columns, input.Memory);
            return faults.Any ? Take(result, Without(faults, input, ref rejects)) : result;
        }
    }

    sealed class CheckStep(Check check, RunContext context) : RowStep(NameOf(check), context)
    {
        readonly Kernel condition = new KernelCompiler(check.Input.Schema).Compile(check.Condition, DataType.Boolean);
        readonly int column = check.Column is null ? -1 : check.Input.Schema.IndexOf(check.Column);
        readonly bool fails = check.Fail || context.Rejects is null;

        private protected override bool Accounts => true;

        private protected override Batch Run(Batch input, ref List<Reject>? rejects)
        {
            var faults = new Faults(Name, collect: !fails) { Column = check.Column };
            var rows = new Evaluation(input, faults);
            var kept = NullMarks.WhereTrue(condition.Run(rows), input.Count, input.Memory);
            if (kept.Length == input.Count && !faults.Any) return input;
            var next = 0;
            for (var i = 0; i < input.Count; i++)
            {
                if (next < kept.Length && kept.Span[next] == i) next++;
                else faults.Add(input, i, Broken(input, i));
            }
            return Take(input, Without(faults, input, ref rejects));
        }

        Fault Broken(Batch input, int row)
        {
            var value = column < 0 ? null : new Operand(input[column]).Display(row);
            var what = value is null ? "The row" : $"{check.Column} = {value}";
            return new Fault(check.Rule, check.Condition, value, $"{what} breaks the rule '{check.Rule}': {check.Condition} isn't true.{(fails && !check.Fail ? RejectLog.Missing : "")}");
        }
    }

    sealed class FlattenStep(Flatten flatten, RunContext context) : RowStep(NameOf(flatten), context)
    {
        readonly int column = flatten.Input.Schema.IndexOf(flatten.Column);

        private protected override Batch Run(Batch input, ref List<Reject>? rejects)
        {
            var lists = (ListColumn)input[column];
            var size = 0;
            for (var i = 0; i < input.Count; i++)
                size = checked(size + (lists.IsNull(i) || lists.Views[i].Length == 0 ? (flatten.KeepEmpty ? 1 : 0) : lists.Views[i].Length));
            var rows = input.Memory.Rent<int>(size);
            var (items, places) = (input.Memory.Rent<int>(size), input.Memory.Rent<int>(size));
            var (to, found) = (0, 0);
            for (var i = 0; i < input.Count; i++)
            {
                var (start, length) = lists.IsNull(i) ? default : lists.Views[i];
                if (length == 0 && flatten.KeepEmpty) rows[to++] = i;
                for (var item = start; item < start + length; item++)
                {
                    (items[found], places[found]) = (item, to);
                    found++;
                    rows[to++] = i;
                }
            }
            var item0 = new Scatter(Blank(size, input.Memory), flatten.Schema[column].Type);
            if (found > 0) item0.Add(new(lists.Items.Take(items.AsSpan(0, found), input.Memory)), places.AsMemory(0, found));
            var columns = new Column[input.Columns.Length];
            for (var c = 0; c < columns.Length; c++) columns[c] = c == column ? item0.Build() : input[c].Take(rows.AsSpan(0, size), input.Memory);
            return new Batch(flatten.Schema, size, columns, input.Memory);
        }
    }

    sealed class UnpivotStep : RowStep
    {
        readonly Unpivot unpivot;
        readonly int[] kept;
        readonly Kernel[] values;
        readonly BytesColumn names;

        internal UnpivotStep(Unpivot unpivot, RunContext context) : base(NameOf(unpivot), context)
        {
            this.unpivot = unpivot;
            var schema = unpivot.Input.Schema;
            kept = [.. unpivot.Kept.Select(f => schema.IndexOf(f.Name))];
            var compiler = new KernelCompiler(schema);
            values = [.. unpivot.Columns.Select(c => compiler.Compile(new ColumnExpr(c), unpivot.Schema[unpivot.Schema.Count - 1].Type))];
            var builder = (BytesBuilder)ColumnBuilder.For(DataType.Text);
            foreach (var name in unpivot.Columns) builder.Add(schema[name].Name);
            names = (BytesColumn)builder.Build();
        }

        private protected override Batch Run(Batch input, ref List<Reject>? rejects)
        {
            var size = checked(input.Count * values.Length);
            var (rows, cycle) = (input.Memory.Rent<int>(size), input.Memory.Rent<int>(size));
            for (var i = 0; i < size; i++) (rows[i], cycle[i]) = Math.DivRem(i, values.Length);
            var evaluation = new Evaluation(input, new Faults(Name, collect: false));
            var value = new Scatter(Blank(size, input.Memory), unpivot.Schema[unpivot.Schema.Count - 1].Type);
            for (var c = 0; c < values.Length; c++)
            {
                var places = input.Memory.Rent<int>(input.Count);
                for (var i = 0; i < input.Count; i++) places[i] = i * values.Length + c;
                value.Add(new(values[c].Column(evaluation)), places.AsMemory(0, input.Count));
            }
            Column[] columns =
            [
                .. kept.Select(k => input[k].Take(rows.AsSpan(0, size), input.Memory)),
                names.Take(cycle.AsSpan(0, size), input.Memory),
                value.Build(),
            ];
            return new Batch(unpivot.Schema, size, columns, input.Memory);
        }
    }

    /// <summary>That many rows of nothing, for columns that are put together.</summary>
    static Evaluation Blank(int count, BatchMemory memory) => new(new Batch(Schema.Empty, count, [], memory), new Faults("", collect: false));
}
