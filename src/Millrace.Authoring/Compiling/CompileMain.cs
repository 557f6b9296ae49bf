using System.Text.Json;

namespace Millrace.Authoring.Compiling;

/// <summary><c>millrace compile</c>: the compiler's process. Answers come as they are ready, not in the order of the requests.</summary>
static class CompileMain
{
    public static int Run()
    {
        // Begun before the first request is here: most of a cold compile is this.
        var compiler = Task.Run(() => new SourceCompiler());
        var cores = new SemaphoreSlim(Environment.ProcessorCount);
        return ChildLoop.Run((line, answer) => _ = Task.Run(async () =>
        {
            var request = JsonSerializer.Deserialize(line, AuthoringJson.Default.CompileRequest)!;
            await cores.WaitAsync().ConfigureAwait(false);
            try
            {
                var problems = (await compiler.ConfigureAwait(false)).Compile(request);
                answer(AuthoringJson.Line(new(request.Id, problems), AuthoringJson.Default.CompileAnswer));
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // One file must not take the others' answers with it; the parent reports it with the file's name.
                answer(AuthoringJson.Line(new(request.Id, [new(null, 0, 0, ProblemKind.Internal, $"The compiler failed: {e.GetType().Name}: {e.Message}")]), AuthoringJson.Default.CompileAnswer));
            }
            finally
            {
                cores.Release();
            }
        }));
    }
}
