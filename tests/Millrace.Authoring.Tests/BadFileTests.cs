using Millrace.Metadata;

namespace Millrace.Authoring.Tests;

public sealed class BadFileTests : IDisposable
{
    readonly Workspace work = new();

    public void Dispose() => work.Dispose();

    [Fact]
    public async Task A_syntax_error_names_line_column_and_what_is_missing()
    {
        var error = await ErrorOf("""
            static class MyDags
            {
                public static Dag It => Dag.Build("it", d => d.Empty("a");
            }
            """);
        Expect(error, "syntax", 3, "CS1026: ) expected");
        Assert.Equal(62, error.Column);
    }

    [Fact]
    public async Task A_type_error_names_line_column_and_the_name_it_does_not_know()
    {
        var error = await ErrorOf("""
            static class MyDags
            {
                public static Dag It => Dag.Build("it", d => d.Task("a", () => Oops()));
            }
            """);
        Expect(error, "type", 3, "CS0103: The name 'Oops' does not exist");
        Assert.Equal(68, error.Column);
    }

    [Fact]
    public async Task A_wire_of_the_wrong_type_does_not_compile()
    {
        work.Write("it.cs", """
            static class MyDags
            {
                public static Dag It => Dag.Build("it", d =>
                {
                    var number = d.Task("number", () => 1);
                    d.Task("text", number, Measure);
                });

                static int Measure(string text) => text.Length;
            }
            """);
        Assert.All((await work.ReadOneAsync()).Errors, error => Assert.Equal(("type", 6), (error.Kind, error.Line)));
    }

    [Fact]
    public async Task A_package_directive_says_to_use_a_project()
    {
        var error = await ErrorOf("#:package Dapper@2.1.86\n" + Workspace.Dag("it"));
        Expect(error, "package", 1, "make it a project");
    }

    [Fact]
    public async Task Statements_outside_a_class_say_where_they_belong()
    {
        var error = await ErrorOf("\nDag.Build(\"it\", d => d.Empty(\"a\"));");
        Expect(error, "type", 2, "Put them into a class");
    }

    [Fact]
    public async Task A_cycle_names_its_path()
    {
        var error = await ErrorOf("""
            static class MyDags
            {
                public static Dag It => Dag.Build("it", d =>
                {
                    var a = d.Empty("a");
                    var b = d.Empty("b");
                    _ = a >> b >> a;
                });
            }
            """);
        Expect(error, "cycle", 3, "a -> b -> a");
    }

    [Fact]
    public async Task Two_tasks_with_one_id_are_found_at_the_second()
    {
        var error = await ErrorOf("""
            static class MyDags
            {
                public static Dag It => Dag.Build("it", d =>
                {
                    d.Empty("a");
                    d.Empty("a");
                });
            }
            """);
        Expect(error, "duplicate", 6, "'a'");
    }

    [Fact]
    public async Task Two_Dags_of_one_file_with_one_name_are_a_duplicate()
    {
        var error = await ErrorOf("""
            static class MyDags
            {
                public static Dag One => Dag.Build("it", d => d.Empty("a"));
                public static Dag Two => Dag.Build("it", d => d.Empty("b"));
            }
            """);
        Expect(error, "duplicate", 4, "'it'");
    }

    [Fact]
    public async Task An_unknown_zone_is_named()
    {
        var error = await ErrorOf("""
            static class MyDags
            {
                public static Dag It => Dag.Build("it", d =>
                {
                    d.Schedule = Schedule.Cron("0 6 * * *", "Europe/Atlantis");
                    d.Empty("a");
                });
            }
            """);
        Expect(error, "schedule", 5, "Europe/Atlantis");
    }

    [Fact]
    public async Task A_bad_cron_is_named()
    {
        var error = await ErrorOf("""
            static class MyDags
            {
                public static Dag It => Dag.Build("it", d =>
                {
                    d.Schedule = "61 * * * *";
                    d.Empty("a");
                });
            }
            """);
        Expect(error, "schedule", 5, "61");
    }

    [Fact]
    public async Task An_exception_in_a_build_names_its_line_type_and_message()
    {
        var error = await ErrorOf("""
            static class MyDags
            {
                public static Dag It => Dag.Build("it", d =>
                {
                    d.Empty("a");
                    Fail();
                });

                static void Fail() =>
                    throw new FormatException("no such luck");
            }
            """);
        Expect(error, "build", 10, "no such luck");
        Assert.Contains(nameof(FormatException), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exception_in_a_static_initialiser_names_its_line()
    {
        var error = await ErrorOf("""
            static class MyDags
            {
                static readonly int Size =
                    int.Parse("many");
                public static Dag It => Dag.Build("it", d => d.Empty("a" + Size));
            }
            """);
        Assert.Equal("build", error.Kind);
        Assert.InRange(error.Line, 3, 4);
        Assert.Contains("many", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endless_loop_is_ended_and_said()
    {
        work.Options = work.Options with { BuildTimeout = TimeSpan.FromSeconds(2) };
        var error = await ErrorOf("""
            static class MyDags
            {
                public static Dag It => Dag.Build("it", d =>
                {
                    while (true) ;
                });
            }
            """);
        Expect(error, "timeout", 3, "after 2 s: an endless loop");
    }

    [Fact]
    public async Task A_build_that_takes_too_much_memory_is_ended_and_said()
    {
        work.Options = work.Options with { BuildMemoryMb = 128 };
        var error = await ErrorOf("""
            static class MyDags
            {
                public static Dag It => Dag.Build("it", d =>
                {
                    var all = new List<byte[]>();
                    while (true) all.Add(new byte[1 << 20]);
                });
            }
            """);
        Assert.Equal("memory", error.Kind);
        Assert.InRange(error.Line, 3, 6);
        Assert.Contains("more than 128 MB", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stack_overflow_is_said_and_costs_no_other_file()
    {
        work.Write("good.cs", Workspace.Dag("good"));
        work.Write("it.cs", """
            static class MyDags
            {
                public static Dag It => Dag.Build("it" + Deeper(1), d => d.Empty("a"));
                static int Deeper(int by) => Deeper(by + 1) + 1;
            }
            """);
        var readings = await work.ReadAsync();
        Assert.Equal("good", Assert.Single(readings[0].Dags).Version.Dag);
        Expect(Assert.Single(readings[1].Errors), "build", 3, "The stack overflowed");
        Assert.Contains("Deeper", readings[1].Errors[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_build_that_ends_the_process_is_said_and_costs_no_other_file()
    {
        work.Write("good.cs", Workspace.Dag("good"));
        work.Write("it.cs", """
            static class MyDags
            {
                public static Dag It => Dag.Build("it", d => Environment.Exit(7));
            }
            """);
        var readings = await work.ReadAsync();
        Assert.Equal("good", Assert.Single(readings[0].Dags).Version.Dag);
        Expect(Assert.Single(readings[1].Errors), "build", 3, "ended with exit code 7");
    }

    [Fact]
    public async Task A_file_without_a_Dag_says_how_to_declare_one()
    {
        var error = await ErrorOf("static class Nothing { }");
        Expect(error, "empty", 1, "It declares no Dag");
    }

    [Fact]
    public async Task A_file_that_can_not_be_read_is_named()
    {
        File.CreateSymbolicLink(work["it.cs"], work.Outside("nowhere.cs"));
        var error = await work.ReadErrorAsync();
        Expect(error, "unreadable", 0, "it.cs");
    }

    [Fact]
    public async Task An_error_in_a_shared_file_names_that_file()
    {
        work.Write("shared/Common.cs", "static class Common\n{\n    public static int Size = Oops;\n}");
        var error = await ErrorOf(Workspace.Dag("it"));
        Expect(error, "type", 3, "shared/Common.cs(3,30): CS0103");
    }

    [Fact]
    public async Task A_Dag_name_that_another_file_has_is_a_duplicate_until_it_lets_go()
    {
        work.Write("a.cs", Workspace.Dag("it"));
        work.Write("b.cs", Workspace.Dag("it"));
        var readings = await work.ReadAsync();
        Assert.Single(readings[0].Dags);
        Expect(Assert.Single(readings[1].Errors), "duplicate", 0, "'a.cs' and again in 'b.cs'");

        File.Delete(work["a.cs"]);
        readings = await work.ReadAsync();
        Assert.True(readings[0].Removed);
        Assert.Single(readings[1].Dags);
    }

    [Fact]
    public async Task All_errors_of_a_file_are_told_not_just_the_first()
    {
        work.Write("it.cs", """
            static class MyDags
            {
                static Dag One => Dag.Build("one", d => d.Task("a", () => Oops()));
                static Dag Two => Dag.Build("two", d => d.Task("a", () => Ouch()));
            }
            """);
        Assert.Equal([3, 4], (await work.ReadOneAsync()).Errors.Select(e => e.Line));
    }

    async Task<DagError> ErrorOf(string text)
    {
        work.Write("it.cs", text);
        return await work.ReadErrorAsync();
    }

    static void Expect(DagError error, string kind, int line, string words)
    {
        Assert.Equal((kind, line, "it.cs"), (error.Kind, error.Line, error.Source is "b.cs" ? "it.cs" : error.Source));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }
}
