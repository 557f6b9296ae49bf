using System.Globalization;
using System.Text;

namespace Millrace.Hosting.Settings;

/// <summary>The table in docs/configuration.md.</summary>
static class SettingsTable
{
    internal static string Markdown()
    {
        var table = new StringBuilder();
        table.Append("| key | type | default | what it does |\n|---|---|---|---|\n");
        foreach (var setting in Setting.All)
        {
            var fallback = setting.DefaultText.Length == 0 ? "empty" : $"`{setting.DefaultText}`";
            table.Append(CultureInfo.InvariantCulture, $"| `{setting.Key}` | {setting.TypeText} | {fallback} | {setting.Says} |\n");
        }
        return table.ToString();
    }
}
