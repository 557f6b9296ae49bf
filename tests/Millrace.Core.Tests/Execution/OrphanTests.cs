using System.Diagnostics;
using System.Net.Sockets;
using Millrace.Execution;

namespace Millrace.Core.Tests.Execution;

public sealed class OrphanTests
{
    [Fact]
    public async Task A_worker_whose_scheduler_is_gone_kills_what_it_began_and_itself()
    {
        await using var bench = await PoolBench.StartAsync();
        using var place = SocketPlace.Create(bench.Home);
        var listening = place.Listen();
        var start = new ProcessStartInfo(PoolBench.Executable) { Environment = { [WorkerMain.TokenVariable] = "token" } };
        foreach (var argument in (string[])["worker", "--connect", place.Path, "--home", bench.Home.Root, "--grace", "60"]) start.ArgumentList.Add(argument);
        using var worker = ProcessTree.Start(start);

        var file = Path.Combine(bench.Home.Root, "grandchild");
        using (var socket = await listening.AcceptAsync(TestContext.Current.CancellationToken))
        {
            Assert.Equal("token", await HelloAsync(socket));
            var frames = new FrameWriter();
            frames.Add(FrameKind.Assign, bench.Assignment("tree", parameters: $$"""{"file":"{{file}}"}"""), FrameJson.Default.Assignment);
            await socket.SendAsync(frames.Bytes, TestContext.Current.CancellationToken);
            Assert.True(PoolBench.IsAlive(await PoolBench.ReadPidAsync(file)));
        }

        await worker.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        var grandchild = await PoolBench.ReadPidAsync(file);
        await PoolBench.UntilAsync(() => !PoolBench.IsAlive(grandchild));
    }

    static async Task<string> HelloAsync(Socket socket)
    {
        var reader = new FrameReader(socket);
        while (await reader.FillAsync())
            if (reader.TryNext(out var kind, out var body) && kind == FrameKind.Hello)
                return FrameReader.Parse(body, FrameJson.Default.HelloFrame).Token;
        throw new EndOfStreamException("The worker left without a word.");
    }
}
