using System.CommandLine;

namespace Millrace.Cli.Commands;

static class DagsUnpause
{
    internal static Command Create() => DagsPause.Create("unpause", "Lets a Dag's schedule start runs again.", paused: false);
}
