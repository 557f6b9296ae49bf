using System.Reflection;
using System.Text;

namespace Millrace.Plans;

/// <summary>
/// What a record of a plan is called in JSON and what members it has there: those of its constructor, in snake case. So a
/// step that joins <see cref="Steps"/> can be written and read without more.
/// </summary>
sealed class StepShape
{
    static readonly Type[] steps =
    [
        typeof(Scan), typeof(Filter), typeof(Project), typeof(Check), typeof(Sort), typeof(Limit), typeof(Sample), typeof(Distinct), typeof(Group), typeof(Window),
        typeof(Join), typeof(SetOperation), typeof(Unpivot), typeof(Flatten),
        typeof(Compute), typeof(Rename), typeof(Drop), typeof(Reorder), typeof(ConvertUnits), typeof(Pivot), typeof(Nest), typeof(Deduplicate), typeof(DeduplicateNearly),
        typeof(Fill), typeof(Bin), typeof(SplitColumn), typeof(ExtractColumns), typeof(Lookup), typeof(Query),
    ];

    static readonly Type[] parts = [typeof(SortKey), typeof(JoinKey), typeof(NamedExpr), typeof(ColumnRename), typeof(PivotValue), typeof(WindowFrame), typeof(CaseBranch), typeof(QueryTable)];

    static readonly Dictionary<Type, StepShape> byType = steps.Concat(parts).ToDictionary(t => t, t => new StepShape(t));
    static readonly Dictionary<string, StepShape> byName = steps.Select(t => byType[t]).ToDictionary(s => s.Name);

    readonly ConstructorInfo constructor;

    StepShape(Type type)
    {
        Name = SnakeCase(type.Name);
        constructor = type.GetConstructors().Single(c => c.GetParameters() is not [{ } only] || only.ParameterType != type);
        Members = [.. constructor.GetParameters().Select(p => new Member(SnakeCase(p.Name!), type.GetProperty(p.Name!)!, p))];
    }

    internal static IReadOnlyCollection<StepShape> Steps => byName.Values;

    internal string Name { get; }
    internal IReadOnlyList<Member> Members { get; }

    internal static StepShape Of(Type type) => byType[type];
    internal static StepShape? Find(string name) => byName.GetValueOrDefault(name);

    internal object Make(object?[] values) => constructor.Invoke(BindingFlags.DoNotWrapExceptions, null, values, null);

    internal static string SnakeCase(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        foreach (var c in name)
        {
            if (char.IsAsciiLetterUpper(c) && text.Length > 0) text.Append('_');
            text.Append(char.ToLowerInvariant(c));
        }
        return text.ToString();
    }

    /// <summary>A member of a record. One that has its default value isn't written.</summary>
    internal sealed class Member(string name, PropertyInfo property, ParameterInfo parameter)
    {
        internal string Name => name;
        internal Type Type => property.PropertyType;
        internal bool Optional => parameter.HasDefaultValue;

        /// <summary>The value where nothing is written: of a struct such as a sequence, the empty one.</summary>
        internal object? Default => parameter.DefaultValue ?? (Type.IsValueType && Nullable.GetUnderlyingType(Type) is null ? Activator.CreateInstance(Type) : null);

        internal object? Of(object record) => property.GetValue(record);
    }
}
