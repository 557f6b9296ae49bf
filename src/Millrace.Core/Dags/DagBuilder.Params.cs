using System.Numerics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Millrace.Dags;

public sealed partial class DagBuilder
{
    /// <summary>Declares a parameter that a run may be given: a text, whole number, number, bool, date, time, enum or anything that JSON can hold.</summary>
    /// <param name="name">Letters, digits, <c>_</c>, <c>-</c> and <c>.</c></param>
    /// <param name="default">The value of a run that is given none.</param>
    /// <param name="choices">The texts allowed; of an enum, its names unless said.</param>
    public Param<T> Param<T>(string name, T @default, string? description = null, decimal? min = null, decimal? max = null, int? minLength = null, int? maxLength = null, string? pattern = null, IEnumerable<string>? choices = null) =>
        Declare<T>(name, JsonSerializer.Serialize(@default, ParamSet.Json), description, min, max, minLength, maxLength, pattern, choices);

    /// <summary>Declares a parameter that every run must be given; a Dag with one is triggered, not scheduled.</summary>
    /// <inheritdoc cref="Param{T}(string, T, string?, decimal?, decimal?, int?, int?, string?, IEnumerable{string}?)"/>
    public Param<T> RequiredParam<T>(string name, string? description = null, decimal? min = null, decimal? max = null, int? minLength = null, int? maxLength = null, string? pattern = null, IEnumerable<string>? choices = null) =>
        Declare<T>(name, null, description, min, max, minLength, maxLength, pattern, choices);

    Param<T> Declare<T>(string name, string? @default, string? description, decimal? min, decimal? max, int? minLength, int? maxLength, string? pattern, IEnumerable<string>? choices)
    {
        var type = Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T);
        var (lowest, highest) = BoundsOf(type);
        var spec = new ParamSpec
        {
            Name = name,
            Type = TypeOf(type, choices is not null),
            Description = description,
            Default = @default,
            Minimum = min ?? lowest,
            Maximum = max ?? highest,
            MinLength = minLength,
            MaxLength = maxLength,
            Pattern = pattern,
            Choices = [.. choices ?? (type.IsEnum ? Enum.GetNames(type) : [])],
        };
        Check(spec);
        Draft.Add(spec);
        return new(name);
    }

    void Check(ParamSpec spec)
    {
        DagException Wrong(string why) => new($"Param '{spec.Name}' of Dag '{Draft.Name}' {why}");

        if (spec.Minimum > spec.Maximum) throw Wrong($"has min {spec.Minimum} above max {spec.Maximum}. Swap them.");
        if (spec.MinLength > spec.MaxLength) throw Wrong($"has minLength {spec.MinLength} above maxLength {spec.MaxLength}. Swap them.");
        if (spec.Type != ParamType.Text && (spec.Pattern is not null || spec.MinLength is not null || spec.MaxLength is not null))
            throw Wrong("has a pattern or length but is no text. Remove it, or declare the param as a string.");
        if (spec.Type is not (ParamType.Integer or ParamType.Number) && (spec.Minimum is not null || spec.Maximum is not null))
            throw Wrong("has min or max but is no number. Remove it, or declare the param as a number.");
        if (spec is { Type: ParamType.Choice, Choices.Count: 0 }) throw Wrong("has no choices. Name at least one.");
        try
        {
            if (spec.Pattern is not null) _ = new Regex(spec.Pattern, RegexOptions.ECMAScript);
        }
        catch (ArgumentException e)
        {
            throw new DagException($"Param '{spec.Name}' of Dag '{Draft.Name}' has the pattern '{spec.Pattern}', which is no regular expression: {e.Message}", e);
        }
        if (spec.Default is not null && spec.Fault(System.Text.Json.Nodes.JsonNode.Parse(spec.Default)) is { } fault)
            throw Wrong($"has the default {spec.Default}: {fault}.");
    }

    static ParamType TypeOf(Type type, bool hasChoices) =>
        type == typeof(string) ? hasChoices ? ParamType.Choice : ParamType.Text
        : type == typeof(bool) ? ParamType.Boolean
        : type == typeof(DateOnly) ? ParamType.Date
        : type == typeof(DateTimeOffset) || type == typeof(DateTime) ? ParamType.DateTime
        : type == typeof(double) || type == typeof(float) || type == typeof(decimal) ? ParamType.Number
        : type.IsEnum ? ParamType.Choice
        : BoundsOf(type) is (not null, not null) ? ParamType.Integer
        : ParamType.Json;

    // A number that the type can't hold is refused when a run is triggered, not when its task reads it.
    static (decimal? Lowest, decimal? Highest) BoundsOf(Type type)
    {
        static (decimal?, decimal?) Of<T>() where T : IMinMaxValue<T>, INumberBase<T> => (decimal.CreateChecked(T.MinValue), decimal.CreateChecked(T.MaxValue));

        return Type.GetTypeCode(type) switch
        {
            _ when type.IsEnum => default,
            TypeCode.Int32 => Of<int>(),
            TypeCode.Int64 => Of<long>(),
            TypeCode.Int16 => Of<short>(),
            TypeCode.Byte => Of<byte>(),
            TypeCode.UInt16 => Of<ushort>(),
            TypeCode.UInt32 => Of<uint>(),
            TypeCode.UInt64 => Of<ulong>(),
            TypeCode.SByte => Of<sbyte>(),
            _ => default,
        };
    }
}
