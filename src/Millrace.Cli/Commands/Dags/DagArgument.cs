using System.CommandLine;

namespace Millrace.Cli.Commands;

static class DagArgument
{
    internal static Argument<string> Create() => new("dag") { Description = "The Dag's name." };
}
