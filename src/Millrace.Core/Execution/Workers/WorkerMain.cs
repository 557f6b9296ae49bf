using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Millrace.Execution;

/// <summary>What a worker process does from start to end: <c>millrace worker --connect SOCKET --home HOME --grace SECONDS</c>.</summary>
static class WorkerMain
{
    internal const string TokenVariable = "MILLRACE_WORKER_TOKEN";
    /// <summary>Names the variables that were set for the worker's own runtime and are not meant for what it starts.</summary>
    internal const string OwnVariables = "MILLRACE_WORKER_VARIABLES";

    /// <param name="args">What follows <c>worker</c>.</param>
    internal static int Run(string[] args)
    {
        var socketPath = Option(args, "--connect");
        var home = new HomeFolder(Option(args, "--home"));
        var grace = TimeSpan.FromSeconds(double.Parse(Option(args, "--grace"), System.Globalization.CultureInfo.InvariantCulture));
        var token = Environment.GetEnvironmentVariable(TokenVariable)
            ?? throw new ArgumentException($"{TokenVariable} is not set: a worker is started by its scheduler, not by hand.");
        foreach (var variable in (Environment.GetEnvironmentVariable(OwnVariables) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            Environment.SetEnvironmentVariable(variable, null);
        Environment.SetEnvironmentVariable(TokenVariable, null);
        Environment.SetEnvironmentVariable(OwnVariables, null);

        // Ctrl-C in the scheduler's terminal means that the scheduler stops in good order: workers end when it says so.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        ConsoleCapture.Install();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(socketPath));
        var session = new WorkerSession(socket, home, grace, TimeProvider.System);
        WorkerWarmUp.Run();
        return session.Run(token);
    }

    static string Option(string[] args, string name)
    {
        var at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : throw new ArgumentException($"A worker needs {name}.");
    }
}
