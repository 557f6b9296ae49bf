using System.Globalization;
using System.Reflection;

namespace Millrace.Hosting.Settings;

/// <summary>One setting, as the records declare it.</summary>
sealed class Setting
{
    readonly PropertyInfo? _section;
    readonly PropertyInfo _property;

    Setting(PropertyInfo? section, PropertyInfo property, SettingAttribute declared)
    {
        _section = section;
        _property = property;
        Key = section is null ? Camel(property.Name) : $"{Camel(section.Name)}.{Camel(property.Name)}";
        Says = declared.Says;
        Secret = declared.Secret;
        NotInFile = declared.NotInFile;
        DefaultText = declared.Default ?? Format(ValueIn(new MillraceSettings()));
    }

    /// <summary>All of them, in the order of the records.</summary>
    internal static IReadOnlyList<Setting> All { get; } = [.. Find(null, typeof(MillraceSettings))];

    public string Key { get; }
    public string Says { get; }
    public bool Secret { get; }
    public bool NotInFile { get; }
    public string DefaultText { get; }
    public Type Type => _property.PropertyType;
    /// <summary><c>MILLRACE_WORKERS__MIN</c>.</summary>
    public string EnvironmentVariable => $"MILLRACE_{Key.Replace(".", "__", StringComparison.Ordinal).ToUpperInvariant()}";
    /// <summary><c>--workers-min</c>.</summary>
    public string Flag => "--" + string.Concat(Key.Select(c => c == '.' ? "-" : char.IsUpper(c) ? $"-{char.ToLowerInvariant(c)}" : $"{c}"));
    public string TypeText => Type == typeof(TimeSpan) ? "duration" : Type == typeof(int) ? "number" : Type == typeof(bool) ? "true or false" : "text";

    internal object ValueIn(MillraceSettings settings) => _property.GetValue(_section is null ? settings : _section.GetValue(settings))!;

    internal string Show(MillraceSettings settings)
    {
        var text = Format(ValueIn(settings));
        return Secret ? ConnectionStrings.Mask(text) : text;
    }

    /// <summary>Sets the value in a record that nobody has seen yet.</summary>
    /// <exception cref="SettingException">The value can't be read or is out of bounds.</exception>
    internal void Apply(MillraceSettings settings, string text)
    {
        object value;
        if (Type == typeof(int))
            value = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
                : throw new SettingException($"{Key} is '{text}', which is not a whole number.");
        else if (Type == typeof(bool))
            value = bool.TryParse(text, out var yes) ? yes
                : throw new SettingException($"{Key} is '{text}'. Give true or false.");
        else if (Type == typeof(TimeSpan))
            value = Duration.TryParse(text, out var duration) ? duration
                : throw new SettingException($"{Key} is '{text}', which is not a duration. Give {Duration.Forms}.");
        else
            value = text;
        _property.SetValue(_section is null ? settings : _section.GetValue(settings), value, BindingFlags.DoNotWrapExceptions, null, null, CultureInfo.InvariantCulture);
    }

    static IEnumerable<Setting> Find(PropertyInfo? section, Type record)
    {
        foreach (var property in record.GetProperties(BindingFlags.Instance | BindingFlags.Public))
        {
            if (property.GetCustomAttribute<SettingAttribute>() is { } declared)
                yield return new Setting(section, property, declared);
            else if (property.IsDefined(typeof(SectionAttribute)))
                foreach (var inner in Find(property, property.PropertyType))
                    yield return inner;
        }
    }

    static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    static string Format(object value) => value switch
    {
        TimeSpan duration => Duration.Format(duration),
        bool yes => yes ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
