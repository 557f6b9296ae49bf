using System.Reflection;
using Millrace.Cli.Output;
using Millrace.Hosting.Settings;

namespace Millrace.Cli.Running;

/// <summary>What <c>up</c> says first: where everything is and what to type next.</summary>
static class Banner
{
    internal static void Write(Terminal terminal, MillraceSettings settings, bool watches, bool copiedSamples)
    {
        var version = typeof(Banner).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];
        terminal.Line($"Millrace {version}");
        terminal.Line($"  home     {settings.Home}");
        terminal.Line($"  store    {(settings.UsesPostgres ? ConnectionStrings.Mask(settings.Store) : settings.DatabaseFile)}");
        if (watches) terminal.Line($"  dags     {settings.DagFolder}{(copiedSamples ? "  (the samples: change or delete them as you like)" : "")}");
        terminal.Line($"  workers  {settings.Workers.Min} warm, at most {settings.Workers.MaxHere}");
        terminal.Line();
        terminal.Line("In another terminal:");
        terminal.Line("  millrace dags list            the DAGs and when they run next");
        terminal.Line("  millrace dags trigger DAG     run one now");
        terminal.Line("  millrace runs list            what ran and how it ended");
        terminal.Line("  millrace new dag NAME         a first DAG of your own");
        terminal.Line();
    }
}
