namespace Millrace.Plans.Tests;

/// <summary>docs/formats.md and the code say the same.</summary>
public sealed class FormatsPageTests
{
    static readonly string page = File.ReadAllText(Path.Combine(Root(), "docs", "formats.md"));

    static string Root([System.Runtime.CompilerServices.CallerFilePath] string here = "")
    {
        var folder = Path.GetDirectoryName(here);
        while (!File.Exists(Path.Combine(folder!, "Millrace.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder!;
    }

    static string Block(string start)
    {
        var from = page.IndexOf(start, StringComparison.Ordinal);
        return page[from..page.IndexOf("\n```", from, StringComparison.Ordinal)] + "\n";
    }

    [Fact]
    public void Its_example_is_a_plan_and_is_written_back_as_it_stands() =>
        Assert.Equal(Block("{\n  \"millrace\""), PlanJson.Write(PlanJson.Read(Block("{\n  \"millrace\""))));

    [Fact]
    public void Its_example_as_text_is_that_plan() =>
        Assert.Equal(Block("limit 10").TrimEnd(), PlanJson.Read(Block("{\n  \"millrace\"")).ToText());

    [Fact]
    public void It_lists_every_step_with_its_members_and_no_others()
    {
        var rows = page.Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Select(l => l.Split('|', 3)).GroupBy(c => c[1].Trim().Trim('`')).ToDictionary(g => g.Key, g => g.First()[2]);
        foreach (var step in StepShape.Steps)
        {
            Assert.True(rows.TryGetValue(step.Name, out var members), $"docs/formats.md doesn't list the step '{step.Name}'.");
            Assert.Equal(step.Members.Select(m => m.Name), members!.Trim(' ', '|').Split("; ").Select(m => new string([.. m.TakeWhile(c => char.IsAsciiLetterLower(c) || c == '_')])));
        }
    }
}
