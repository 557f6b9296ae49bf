using Millrace.Dags;

namespace Millrace.Core.Tests.Dags;

/// <summary>Methods passed by name: that this file compiles, without casts or type arguments, is half of the test.</summary>
public sealed class MethodGroupTests
{
    static List<string> Files(TaskContext context) => ["a", "bb"];
    static long Size(string file) => file.Length;
    static async Task<long> SizeLater(TaskContext context, string file)
    {
        await Task.Yield();
        return file.Length;
    }
    static double Sum(IEnumerable<long> all) => all.Sum();
    static async Task Load(TaskContext context, double sum) => await Task.Yield();
    static string Choose(double sum) => "x";
    static string[] ChooseMany(TaskContext context, double sum) => ["x"];
    static async Task<string> ChooseLater(double sum)
    {
        await Task.Yield();
        return "x";
    }

    [Fact]
    public async Task Methods_are_wired_by_their_names()
    {
        var dag = Dag.Build("methods", d =>
        {
            var files = d.Task("files", Files);
            var sizes = d.Map("sizes", files, Size);
            d.Map("sizes_later", files, SizeLater);
            d.Map("literal", ["a", "b"], Size);
            var sum = d.Task("sum", sizes, Sum);
            d.Task("load", sum, Load);
            _ = (d.Branch("one", sum, Choose), d.Branch("many", sum, ChooseMany), d.Branch("later", sum, ChooseLater)) >> d.Empty("x");
            d.MapGroup("each", files, (g, file) => g.Task("read", file, Size));
        });

        Assert.Equal(3L, await dag.Call("sizes_later", "ccc"));
        Assert.Equal(3.0, await dag.Call("sum", new List<long> { 1, 2 }));
        Assert.Equal(["one", "many", "later"], dag.UpstreamOf("x"));
        Assert.Equal(new[] { "x" }, await dag.Call("many", 1.0));
        Assert.Equal(new[] { "x" }, await dag.Call("later", 1.0));
    }
}
