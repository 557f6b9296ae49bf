using Millrace.Dags;
using Millrace.Scheduling;

namespace Millrace.Core.Tests.Dags;

public sealed class DiscoveryTests
{
    static class Good
    {
        internal static bool taskRan;

        public static Dag Property { get; } = Build("property");
        static readonly Dag kept = Build("field");
        static Dag Method() => Build("method");
        static IEnumerable<Dag> Several()
        {
            yield return Build("first");
            yield return Build("second");
        }

        internal static Dag Same => Property;
        internal static string Text() => throw new InvalidOperationException("Never called: no Dag.");
        internal static Dag Named(string name) => throw new InvalidOperationException($"Never called: it wants '{name}'.");

        static Dag Build(string name) => Dag.Build(name, d => d.Task("a", () => taskRan = true));
        internal static Dag Kept => kept;
    }

    static class BrokenStatic
    {
        internal static Dag One { get; } = Dag.Build("one", d => d.Task("a b", () => { }));
        internal static Dag Two { get; } = Dag.Build("two", d => { });
    }

    static class BrokenProperty
    {
        internal static Dag Cycle => Dag.Build("cyclic", d =>
        {
            var a = d.Empty("a");
            _ = a >> d.Empty("b") >> a;
        });
        internal static Dag Twice => Dag.Build("twice", d => { d.Empty("a"); d.Empty("a"); });
        internal static Dag Zone => Dag.Build("zoned", d => d.Schedule = Schedule.Cron("0 0 * * *", "Mars/Olympus"));
        internal static Dag Throws => Dag.Build("throws", d => _ = int.Parse("many", System.Globalization.CultureInfo.InvariantCulture));
        internal static Dag? Nothing => null;
        internal static Dag Fine => Dag.Build("fine", d => { });
    }

    static class FirstOwner
    {
        internal static Dag Mine => Dag.Build("shared", d => d.Empty("a"));
    }

    static class SecondOwner
    {
        internal static Dag MineToo => Dag.Build("shared", d => d.Empty("b"));
    }

    [Fact]
    public void Dags_are_found_in_properties_fields_methods_and_sequences_public_or_not()
    {
        var found = DagDiscovery.Find([typeof(Good)]);
        Assert.Empty(found.Errors);
        Assert.Equal(["field", "first", "method", "property", "second"], found.Dags.Select(d => d.Name));
        Assert.False(Good.taskRan);
    }

    [Fact]
    public void A_broken_static_is_reported_once_with_its_reason_file_and_line()
    {
        var error = Assert.Single(DagDiscovery.Find([typeof(BrokenStatic)]).Errors);
        Assert.Equal("Task 'a b' of Dag 'one' has a ' ' in its name. Use letters, digits, '_', '-' and '.'.", error.Message);
        Assert.EndsWith("DiscoveryTests.cs", error.File, StringComparison.Ordinal);
        Assert.Equal(LineOf("d.Task(\"a b\""), error.Line);
    }

    [Fact]
    public void Each_kind_of_fault_is_named_and_the_other_Dags_are_found()
    {
        var found = DagDiscovery.Find([typeof(BrokenProperty)]);
        Assert.Equal(["fine"], found.Dags.Select(d => d.Name));
        Assert.Equal(["cycle", "duplicate", "schedule", "build", "build"], found.Errors.Select(e => e.Kind));
        Assert.Contains("a -> b -> a", found.Errors[0].Message, StringComparison.Ordinal);
        Assert.Equal(LineOf("Dag.Build(\"cyclic\""), found.Errors[0].Line);
        Assert.Equal(LineOf("Dag.Build(\"twice\""), found.Errors[1].Line);
        Assert.Equal(LineOf("Mars/Olympus"), found.Errors[2].Line);
        Assert.Contains("FormatException while building", found.Errors[3].Message, StringComparison.Ordinal);
        Assert.Equal(LineOf("int.Parse(\"many\""), found.Errors[3].Line);
        Assert.Contains("Nothing gives null where a Dag is expected", found.Errors[4].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_used_by_two_Dags_is_reported_with_both_places()
    {
        var found = DagDiscovery.Find([typeof(FirstOwner), typeof(SecondOwner)]);
        Assert.Single(found.Dags);
        var error = Assert.Single(found.Errors);
        Assert.Equal("duplicate", error.Kind);
        Assert.Matches(@"^The Dag name 'shared' is used twice: DiscoveryTests\.cs\(\d+\) and DiscoveryTests\.cs\(\d+\)\. Rename one of them\.$", error.Message);
    }

    [Fact]
    public void A_whole_assembly_is_searched() =>
        Assert.Contains(DagDiscovery.Find(typeof(DiscoveryTests).Assembly).Dags, d => d.Name == "etl_ipeline");

    // The first line of this file that has the text: where the compiler says the fault is.
    static int LineOf(string text, [System.Runtime.CompilerServices.CallerFilePath] string file = "") =>
        Array.FindIndex(File.ReadAllLines(file), l => l.Contains(text, StringComparison.Ordinal)) + 1;
}
