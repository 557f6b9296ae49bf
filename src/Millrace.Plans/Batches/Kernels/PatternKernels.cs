using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Millrace.Plans;

/// <summary>Functions of text and a pattern. The engine for patterns never backtracks: no text makes it slow.</summary>
static class PatternKernels
{
    internal static Kernel? TryCompile(string name, Kernel[] a)
    {
        switch (name)
        {
            case "matches":
                return new MatchesKernel(a[0], Pattern(a[1]));
            case "extract":
                var group = a.Length < 3 ? 0 : a[2] is ConstantKernel { IsNull: false } number
                    ? Convert.ToInt32(number.Value.ValueAt(0), System.Globalization.CultureInfo.InvariantCulture)
                    : throw new PlanException("The group to extract must be a constant.");
                var sought = Pattern(a[1]);
                return new TextRowsKernel([a[0]], (args, row, result) => Extract(sought, group, args[0].BytesAt(row), result));
            case "replace_pattern":
                var replaced = Pattern(a[1]);
                return new TextRowsKernel([a[0], a[2]], (args, row, result) =>
                {
                    result.AppendText(replaced.Replace(Encoding.UTF8.GetString(args[0].BytesAt(row)), Replacement(Encoding.UTF8.GetString(args[1].BytesAt(row)))));
                    return true;
                });
            default:
                return null;
        }
    }

    static Regex Pattern(Kernel kernel)
    {
        if (kernel is not ConstantKernel { IsNull: false, Value: BytesColumn text }) throw new PlanException("A pattern must be a constant.");
        var pattern = (string)text.ValueAt(0)!;
        try
        {
            return new Regex(CommonPattern.Read(pattern).Net, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (NotSupportedException large)
        {
            throw new PlanException($"The pattern '{pattern}' repeats too much to be run: {large.Message}", large);
        }
    }

    static bool Extract(Regex pattern, int group, ReadOnlySpan<byte> text, BytesWriter result)
    {
        var match = pattern.Match(Encoding.UTF8.GetString(text));
        var found = match.Groups[group];
        if (!match.Success || !found.Success) return false;
        result.AppendText(found.ValueSpan);
        return true;
    }

    // \1 is a group in SQL, $1 in .NET, where a dollar stands for itself only doubled.
    static string Replacement(string sql)
    {
        if (sql.AsSpan().IndexOfAny('\\', '$') < 0) return sql;
        var net = new StringBuilder();
        for (var i = 0; i < sql.Length; i++)
        {
            if (sql[i] == '$') net.Append("$$");
            else if (sql[i] != '\\' || i + 1 == sql.Length) net.Append(sql[i]);
            else if (char.IsAsciiDigit(sql[++i])) net.Append("${").Append(sql[i]).Append('}');
            else net.Append(sql[i]);
        }
        return net.ToString();
    }
}

sealed class MatchesKernel(Kernel input, Regex pattern) : Kernel(DataType.Boolean)
{
    internal override bool MayFail => input.MayFail;

    internal override Operand Run(Evaluation rows)
    {
        var x = (BytesColumn)input.Column(rows);
        var result = rows.Rent<bool>();
        var chars = ArrayPool<char>.Shared.Rent(256);
        for (var i = 0; i < x.Count; i++)
        {
            result[i] = false;
            if (x.IsNull(i)) continue;
            var text = x[i];
            if (chars.Length < text.Length)
            {
                ArrayPool<char>.Shared.Return(chars);
                chars = ArrayPool<char>.Shared.Rent(text.Length);
            }
            result[i] = pattern.IsMatch(chars.AsSpan(0, Encoding.UTF8.GetChars(text, chars)));
        }
        ArrayPool<char>.Shared.Return(chars);
        return new(new Column<bool>(Type, result.AsMemory(0, x.Count), x.NullMarks));
    }
}
