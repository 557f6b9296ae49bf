using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Millrace.Cli.Output;

/// <summary>
/// Where rows for programs are written: standard output without a detour over text, and with an end when nobody reads
/// any more (<c>| head</c>), which .NET's own console stream keeps to itself.
/// </summary>
sealed class RowOutput : Stream
{
    // EPIPE where there are signals; ERROR_BROKEN_PIPE and ERROR_NO_DATA on Windows.
    static readonly int[] nobodyReads = [32, unchecked((int)0x8007006D), unchecked((int)0x800700E8)];

    readonly Stream to;
    readonly TextWriter? text;
    Action? first;

    RowOutput(Stream to, TextWriter? text, Action? first) => (this.to, this.text, this.first) = (to, text, first);

    /// <param name="first">Called before anything is written.</param>
    internal static RowOutput Of(TextWriter output, Action? first) =>
        ReferenceEquals(output, Console.Out) ? new(new BufferedStream(StandardOutput(), 1 << 16), null, first) : new(new MemoryStream(), output, first);

    static Stream StandardOutput()
    {
        if (OperatingSystem.IsWindows()) return Console.OpenStandardOutput();
        var direct = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        // In a file it would write at places that it counts itself, over what a later command of the shell writes.
        return direct.CanSeek ? Console.OpenStandardOutput() : direct;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        first?.Invoke();
        first = null;
        try
        {
            to.Write(buffer);
        }
        catch (IOException e) when (nobodyReads.Contains(e.HResult))
        {
            throw new NobodyReadsException(e);
        }
    }

    public override void Flush()
    {
        try
        {
            to.Flush();
        }
        catch (IOException e) when (nobodyReads.Contains(e.HResult))
        {
            throw new NobodyReadsException(e);
        }
        if (text is null || to is not MemoryStream memory) return;
        text.Write(Encoding.UTF8.GetString(memory.ToArray()));
        memory.SetLength(0);
    }

    // A pipe is written at once: whoever writes has nothing else to do.
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}

/// <summary>The program behind the pipe has ended. That is no failure: it had what it wanted.</summary>
sealed class NobodyReadsException(IOException inner) : Exception("Nobody reads the output any more.", inner);
