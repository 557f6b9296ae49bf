namespace Millrace.Hosting.Settings;

/// <summary>A value that no setting may have; the message names the key, the value and the remedy.</summary>
sealed class SettingException(string message) : Exception(message);

static class Bounds
{
    internal static int AtLeast(string key, int value, int least) =>
        value >= least ? value : throw new SettingException($"{key} is {value}. Give {least} or more.");

    internal static int Between(string key, int value, int least, int most) =>
        value >= least && value <= most ? value : throw new SettingException($"{key} is {value}. Give {least} to {most}.");

    internal static TimeSpan AtLeast(string key, TimeSpan value, TimeSpan least) =>
        value >= least ? value
        : throw new SettingException($"{key} is {Duration.Format(value)}. Give {(least == TimeSpan.Zero ? "0" : Duration.Format(least))} or more.");
}
