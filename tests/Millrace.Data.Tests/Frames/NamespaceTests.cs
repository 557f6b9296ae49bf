using System.Reflection;
using Millrace.Plans;

namespace Millrace.Data.Tests.Frames;

public sealed class NamespaceTests
{
    // Frame.Plan and Value.Expr are the ways into the plan, for those who read or build one.
    static readonly Type[] WaysIn = [typeof(Relation), typeof(Expr)];

    [Fact]
    public void What_users_of_frames_name_is_in_the_namespace_of_frames()
    {
        var members = typeof(Frame).Assembly.GetExportedTypes()
            .SelectMany(t => t.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly).SelectMany(Named).Append(t.BaseType!).Concat(t.GetInterfaces()).Select(named => (In: t, Named: named)));
        var elsewhere = members.SelectMany(m => Parts(m.Named).Select(part => (m.In, Part: part)))
            .Where(m => m.Part.Namespace == "Millrace.Plans" && !WaysIn.Contains(m.Part))
            .Select(m => $"{m.In.Name} names {m.Part.FullName}").Distinct();
        Assert.Empty(elsewhere);
    }

    static IEnumerable<Type> Named(MemberInfo member) => member switch
    {
        MethodInfo method => method.GetParameters().Select(p => p.ParameterType).Append(method.ReturnType),
        MethodBase maker => maker.GetParameters().Select(p => p.ParameterType),
        PropertyInfo property => [property.PropertyType],
        _ => [],
    };

    static IEnumerable<Type> Parts(Type? type) => type switch
    {
        null => [],
        { HasElementType: true } => Parts(type.GetElementType()),
        { IsGenericType: true } => type.GetGenericArguments().SelectMany(Parts).Append(type),
        _ => [type],
    };
}
