namespace Millrace.Hosting.Settings;

/// <summary>Marks a property as a setting: its key, flag, environment variable and row in the docs all come from it.</summary>
[AttributeUsage(AttributeTargets.Property)]
sealed class SettingAttribute(string says) : Attribute
{
    public string Says { get; } = says;
    /// <summary>Shown masked.</summary>
    public bool Secret { get; init; }
    /// <summary>The default in words, where the value alone says little.</summary>
    public string? Default { get; init; }
    /// <summary>Can't be given in the file: it says where the file is.</summary>
    public bool NotInFile { get; init; }
}

/// <summary>A group of settings under one key.</summary>
[AttributeUsage(AttributeTargets.Property)]
sealed class SectionAttribute : Attribute;
