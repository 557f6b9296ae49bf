namespace Millrace.Hosting.Settings;

/// <param name="Origin">default, the file and line, the environment variable or the flag.</param>
sealed record SettingValue(Setting Setting, string Origin);

sealed record LoadedSettings(MillraceSettings Settings, IReadOnlyList<SettingValue> Values);

/// <summary>What start-up refuses: every wrong key and value, each with its origin.</summary>
sealed class SettingsException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}

/// <summary>Reads the settings: the file in the home folder, over it the environment, over both the flags.</summary>
sealed class SettingsLoader(IReadOnlyDictionary<string, string> environment, IReadOnlyDictionary<string, string> flags)
{
    const string Default = "default";

    readonly MillraceSettings _settings = new();
    readonly Dictionary<string, string> _origins = new(StringComparer.Ordinal);
    readonly List<string> _problems = [];

    /// <param name="flags">By key.</param>
    internal static LoadedSettings Load(IReadOnlyDictionary<string, string> flags) => Load(ReadEnvironment(), flags);

    internal static LoadedSettings Load(IReadOnlyDictionary<string, string> environment, IReadOnlyDictionary<string, string> flags) =>
        new SettingsLoader(environment, flags).Load();

    LoadedSettings Load()
    {
        // The home folder first: it says where the file is.
        var home = Setting.All.First(setting => setting.NotInFile);
        TakeFromEnvironment(home);
        TakeFlag(home);
        TakeFile(_settings.ConfigurationFile);
        foreach (var setting in Setting.All)
            if (setting != home) TakeFromEnvironment(setting);
        RefuseUnknownVariables();
        foreach (var setting in Setting.All)
            if (setting != home) TakeFlag(setting);
        if (_problems.Count == 0)
        {
            try
            {
                _settings.Check();
            }
            catch (SettingException wrong)
            {
                _problems.Add(wrong.Message);
            }
        }
        return _problems.Count > 0 ? throw new SettingsException(_problems)
            : new(_settings, [.. Setting.All.Select(setting => new SettingValue(setting, _origins.GetValueOrDefault(setting.Key, Default)))]);
    }

    void TakeFile(string path)
    {
        if (!File.Exists(path)) return;
        IReadOnlyList<SettingsFile.Entry> entries;
        try
        {
            entries = SettingsFile.Read(path);
        }
        catch (SettingException broken)
        {
            _problems.Add(broken.Message);
            return;
        }
        foreach (var (key, value, line) in entries)
        {
            var origin = $"{path}:{line}";
            if (key == "$schema") continue;
            if (Setting.All.FirstOrDefault(setting => setting.Key.Equals(key, StringComparison.OrdinalIgnoreCase)) is not { } setting)
                _problems.Add($"{origin}: there is no setting '{key}'.{Suggest(key)}");
            else if (setting.NotInFile)
                _problems.Add($"{origin}: '{setting.Key}' can't be set in this file, which lies in it. Use {setting.Flag} or {setting.EnvironmentVariable}.");
            else if (value is null)
                _problems.Add($"{origin}: {setting.Key} is a list or an object. Give one value.");
            else
                Take(setting, value, origin);
        }
    }

    void TakeFromEnvironment(Setting setting)
    {
        if (environment.TryGetValue(setting.EnvironmentVariable, out var value))
            Take(setting, value, $"environment {setting.EnvironmentVariable}");
    }

    void TakeFlag(Setting setting)
    {
        if (flags.TryGetValue(setting.Key, out var value))
            Take(setting, value, $"flag {setting.Flag}");
    }

    void Take(Setting setting, string value, string origin)
    {
        try
        {
            setting.Apply(_settings, value);
            _origins[setting.Key] = origin;
        }
        catch (SettingException wrong)
        {
            _problems.Add($"{origin}: {wrong.Message}");
        }
    }

    // Tasks and tests have MILLRACE_ variables of their own; one that names a section, or nearly a setting, is meant for us.
    void RefuseUnknownVariables()
    {
        var known = Setting.All.Select(setting => setting.EnvironmentVariable).ToList();
        foreach (var name in environment.Keys.Order(StringComparer.Ordinal))
        {
            if (!name.StartsWith("MILLRACE_", StringComparison.Ordinal) || known.Contains(name)) continue;
            var near = NearMiss.Of(name, known, 1);
            if (name.Contains("__", StringComparison.Ordinal))
                _problems.Add($"environment {name}: there is no such setting.{(near.Count > 0 ? $" Did you mean {near[0]}?" : " 'millrace config show' lists them all.")}");
            else if (name.Length <= 16 && near.Count > 0)
                _problems.Add($"environment {name}: there is no such setting. Did you mean {near[0]}?");
        }
    }

    static string Suggest(string key)
    {
        var near = NearMiss.Of(key, Setting.All.Select(setting => setting.Key), 1);
        return near.Count > 0 ? $" Did you mean '{near[0]}'?" : " 'millrace config show' lists them all.";
    }

    static Dictionary<string, string> ReadEnvironment()
    {
        var read = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
            if (variable.Key is string name && name.StartsWith("MILLRACE_", StringComparison.Ordinal))
                read[name] = (string?)variable.Value ?? "";
        return read;
    }
}
