using System.Linq.Expressions;
using System.Reflection;

namespace Millrace.Plans;

/// <summary>Values as executors hand them to callbacks, made into what the lambda's own types are.</summary>
static class CallbackValues
{
    internal static T EnumOf<T>(string name) where T : struct, Enum => Enum.Parse<T>(name);

    internal static char CharOf(string text) => text.Length == 1 ? text[0] : throw new PlanException($"'{text}' is not one character. Declare the property as a string.");

    /// <summary>The expression that makes a list of any declared type of the one that executors give.</summary>
    internal static Expression ListOf(Expression list, Type type)
    {
        var item = type.GetInterfaces().Prepend(type).First(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>)).GetGenericArguments()[0];
        var made = Expression.Call(typeof(CallbackValues).GetMethod(nameof(Items), BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(item), list);
        if (type.IsAssignableFrom(made.Type)) return made;
        return type.IsArray ? Expression.Call(made, nameof(List<>.ToArray), null) : Expression.New(type.GetConstructor([typeof(IEnumerable<>).MakeGenericType(item)])!, made);
    }

    /// <summary>A function over the values of a group, as one over the list that executors give.</summary>
    internal static Delegate OverList<TValue, TResult>(Func<IReadOnlyList<TValue>, TResult> function) =>
        (List<object?> values) => function(Items<TValue>(values));

    static List<T> Items<T>(List<object?> values) => values.ConvertAll(v => v switch
    {
        null => default!,
        T item => item,
        string name when (Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T)) is { IsEnum: true } type => (T)Enum.Parse(type, name),
        _ => (T)Convert.ChangeType(v, Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T), System.Globalization.CultureInfo.InvariantCulture),
    });
}
