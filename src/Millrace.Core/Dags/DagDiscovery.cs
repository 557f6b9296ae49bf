using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using Millrace.Scheduling;

namespace Millrace.Dags;

/// <param name="Kind">cycle, duplicate, schedule or build.</param>
/// <param name="File">As the compiler saw it; null when it isn't known.</param>
/// <param name="Line">1 and up; 0 when it isn't known.</param>
sealed record DiscoveryError(string Kind, string Message, string? File, int Line);

/// <summary>
/// The Dags that an assembly declares: static properties and fields, and static methods without parameters, of type
/// <see cref="Dag"/> or a sequence of it, in any type, public or not. Nothing else of the assembly is called.
/// </summary>
sealed record DagDiscovery(IReadOnlyList<Dag> Dags, IReadOnlyList<DiscoveryError> Errors)
{
    const BindingFlags Statics = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    internal static DagDiscovery Find(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        try
        {
            return Find(assembly.GetTypes());
        }
        catch (ReflectionTypeLoadException e)
        {
            // A type that needs a missing assembly must not hide the Dags of the others.
            var found = Find(e.Types.OfType<Type>());
            var missing = e.LoaderExceptions.OfType<Exception>().Select(l => l.Message).Distinct();
            return found with { Errors = [.. found.Errors, .. missing.Select(m => new DiscoveryError("build", m, null, 0))] };
        }
    }

    internal static DagDiscovery Find(IEnumerable<Type> types)
    {
        var dags = new Dictionary<string, Dag>(StringComparer.Ordinal);
        var errors = new List<DiscoveryError>();
        var seen = new HashSet<Exception>(ReferenceEqualityComparer.Instance);
        foreach (var type in types.Where(t => !t.ContainsGenericParameters && !IsGenerated(t)))
        {
            foreach (var member in Members(type))
            {
                try
                {
                    foreach (var dag in Read(member))
                        if (!dags.TryAdd(dag.Name, dag) && !IsSame(dags[dag.Name], dag))
                            errors.Add(Twice(dags[dag.Name], dag));
                }
                // Whatever the author's code throws is the author's to read; the other Dags are not its victims.
                catch (Exception e)
                {
                    var cause = Cause(e);
                    if (seen.Add(cause)) errors.Add(Describe(cause, member));
                }
            }
        }
        return new([.. dags.Values.OrderBy(d => d.Name, StringComparer.Ordinal)], errors);
    }

    static IEnumerable<MemberInfo> Members(Type type) => type.GetMembers(Statics).Where(m => !IsGenerated(m) && m switch
    {
        FieldInfo field => Declares(field.FieldType),
        PropertyInfo property => Declares(property.PropertyType) && property.GetMethod is { } get && get.GetParameters().Length == 0,
        MethodInfo method => Declares(method.ReturnType) && method is { IsSpecialName: false, ContainsGenericParameters: false } && method.GetParameters().Length == 0,
        _ => false,
    });

    static bool Declares(Type type) => typeof(Dag).IsAssignableFrom(type) || typeof(IEnumerable<Dag>).IsAssignableFrom(type);

    // Backing fields, closures, iterators: what they hold is found by the name the author gave it.
    static bool IsGenerated(MemberInfo member) => member.Name.Contains('<', StringComparison.Ordinal) || member.IsDefined(typeof(CompilerGeneratedAttribute), false);

    static List<Dag> Read(MemberInfo member)
    {
        var value = member switch
        {
            FieldInfo field => field.GetValue(null),
            PropertyInfo property => property.GetValue(null),
            _ => ((MethodInfo)member).Invoke(null, null),
        };
        return value switch
        {
            Dag dag => [dag],
            IEnumerable<Dag?> several => [.. several.Select(d => d ?? throw Nothing(member))],
            _ => throw Nothing(member),
        };
    }

    static DagException Nothing(MemberInfo member) =>
        new($"{member.DeclaringType?.FullName}.{member.Name} gives null where a Dag is expected. Let it give what Dag.Build returns.");

    // A property that calls a method of the same class finds the same Dag twice.
    static bool IsSame(Dag first, Dag second) => ReferenceEquals(first, second) ||
        (first.SourceFile == second.SourceFile && first.SourceLine == second.SourceLine && first.ContentHash == second.ContentHash);

    static DiscoveryError Twice(Dag first, Dag second) => new("duplicate",
        $"The Dag name '{second.Name}' is used twice: {Where(first)} and {Where(second)}. Rename one of them.", second.SourceFile, second.SourceLine);

    static string Where(Dag dag) => dag.SourceFile is null ? "in an unknown file" : $"{Path.GetFileName(dag.SourceFile)}({dag.SourceLine})";

    static Exception Cause(Exception e)
    {
        while (e is TypeInitializationException or TargetInvocationException && e.InnerException is { } inner) e = inner;
        return e;
    }

    static DiscoveryError Describe(Exception e, MemberInfo member)
    {
        var (kind, message) = e switch
        {
            DagException { IsCycle: true } => ("cycle", e.Message),
            DagException { IsDuplicate: true } => ("duplicate", e.Message),
            DagException => ("build", e.Message),
            ScheduleException => ("schedule", e.Message),
            _ => ("build", $"{e.GetType().Name} while building {member.DeclaringType?.FullName}.{member.Name}: {e.Message}"),
        };
        // The innermost line of the author's own assembly, where its pdb is at hand.
        var own = new StackTrace(e, fNeedFileInfo: true).GetFrames()
            .FirstOrDefault(f => f.GetMethod()?.Module.Assembly == member.Module.Assembly && f.GetFileName() is not null);
        var built = e as DagException;
        return own is not null
            ? new(kind, message, own.GetFileName(), own.GetFileLineNumber())
            : new(kind, message, built?.SourceFile, built?.SourceLine ?? 0);
    }
}
