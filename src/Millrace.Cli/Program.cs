using Millrace.Cli;

// The children that the scheduler and the compiler start by the hundred: they must not pay for the command tree.
if (ChildMains.Find(args) is { } child)
    return await child;

using var interrupts = new Interrupts();
return await CommandLine.RunAsync(args, Console.Out, Console.Error, interrupts.Token);
