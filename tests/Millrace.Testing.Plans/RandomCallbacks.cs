using System.Globalization;
using Millrace.Data;
using Millrace.Plans;

namespace Millrace.Testing.Plans;

/// <summary>C# functions that random plans call: each gives the same for the same, and none throws.</summary>
public static class RandomCallbacks
{
    static readonly Callback halve = new("halve", (int x) => x / 2, DataType.Int32, Nullable: false, SeesNulls: false);
    static readonly Callback join = new("join", (string text, int times) => $"{text}*{times.ToString(CultureInfo.InvariantCulture)}", DataType.Text, Nullable: false, SeesNulls: false);
    static readonly Callback known = new("known", (string? text) => text ?? "none", DataType.Text, Nullable: false);
    static readonly Callback even = new("even", bool? (int? x) => x is null ? null : x % 2 == 0, DataType.Boolean, Nullable: true);
    static readonly Callback next = new("next", (DateOnly day) => day.AddDays(1), DataType.Date, Nullable: false, SeesNulls: false);
    static readonly Callback late = new("late", (DateTime at, TimeSpan by) => at + by, DataType.Timestamp, Nullable: false, SeesNulls: false);
    static readonly Callback half = new("half", (double x) => x > 100 ? null : (double?)(x / 2), DataType.Float64, Nullable: true, SeesNulls: false);

    public static IReadOnlyList<Callback> All { get; } = [halve, join, known, even, next, late, half];

    public static Callback? Named(string name) => All.FirstOrDefault(c => c.Name == name);

    internal static IEnumerable<DataType> ArgumentsOf(Callback callback) =>
        callback.Body.Method.GetParameters().Select(p => RecordSchema.TypeOf(Nullable.GetUnderlyingType(p.ParameterType) ?? p.ParameterType)!);
}
