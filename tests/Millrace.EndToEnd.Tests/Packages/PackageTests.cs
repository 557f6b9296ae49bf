using System.IO.Compression;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Millrace.Testing.Servers;

namespace Millrace.EndToEnd.Tests.Packages;

public sealed partial class PackageTests
{
    static readonly string[] Ids = ["Millrace.Authoring", "Millrace.Broker", "Millrace.Core", "Millrace.Data", "Millrace.Hosting", "Millrace.Kafka", "Millrace.Operators", "Millrace.Plans", "Millrace.Storage"];

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_console_project_elsewhere_restores_the_packages_and_runs_a_Dag()
    {
        using var project = new PackedProject();
        await project.PackAsync(Cancellation, "Millrace.slnx");
        Assert.Equal(Ids.Select(id => $"{id}.{project.Version}.nupkg"), Directory.GetFiles(project.Feed).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        foreach (var id in Ids) Check(id, project);

        // The generic host comes with the SDK: a package mirror need not have a set of its packages that fit together.
        project.Write("Millrace.Hosting", """
            using Microsoft.Extensions.DependencyInjection;
            using Microsoft.Extensions.Hosting;
            using Microsoft.Extensions.Logging;
            using Millrace.Dags;
            using Millrace.Hosting;

            var numbers = Dag.Build("numbers", d =>
            {
                var upTo = d.Param("upTo", 3);
                var list = d.Task("list", context => Enumerable.Range(1, context.Get(upTo)).ToArray());
                d.Task("sum", list, all => all.Sum());
            });

            var builder = Host.CreateApplicationBuilder();
            builder.Logging.ClearProviders();
            builder.Services.AddMillrace(millrace => millrace.AddDag(numbers).UseHome(args[0]));
            using var host = builder.Build();
            await host.StartAsync();
            var client = host.Services.GetRequiredService<MillraceClient>();
            var run = await client.RunAsync("numbers", new { upTo = 10 });
            Console.WriteLine($"{run.State}: {await client.ResultAsync<int>(run.Id, "sum")}");
            await host.StopAsync();
            """, "<FrameworkReference Include=\"Microsoft.AspNetCore.App\" />");

        var printed = await project.RunAsync(["run", "--", project["home"]], Cancellation);
        Assert.Equal("Success: 55", printed.Trim().Split('\n')[^1].Trim());
        Assert.True(File.Exists(project["home", "millrace.db"]));
        IsUsed(project, "millrace.core", "millrace.hosting", "millrace.storage");
    }

    [Fact]
    public async Task A_console_project_elsewhere_publishes_without_a_warning_and_runs_the_first_frame_of_the_README()
    {
        using var project = new PackedProject();
        await project.PackAsync(Cancellation, "src/Millrace.Plans", "src/Millrace.Data");
        var page = (await File.ReadAllTextAsync(Repository.File("README.md"), Cancellation)).ReplaceLineEndings("\n");
        var program = FirstFrame().Match(page).Groups[1].Value;
        Assert.Contains("Postgres.Table(", program);
        project.Write("Millrace.Data", program.Replace("Postgres.Table(", "Sqlite.Open(\"app.sqlite\").Table(", StringComparison.Ordinal));
        await File.WriteAllTextAsync(Path.Combine(project.Folder, "temperature.log"), """
            station,at,celsius
            Oslo,2026-01-05T10:00:00Z,1.5
            Oslo,2026-01-05T10:30:00Z,2.5
            Oslo,2026-01-05T11:10:00Z,-99.9
            Rome,2026-01-05T11:59:59+01:00,7
            """, Cancellation);

        await project.RunAsync(["publish", "-warnaserror", "--use-current-runtime", "--self-contained", "false", "--output", project["app"]], Cancellation);
        var first = await RunAsync();
        Assert.Matches(@"(?m)^Oslo +\| 2026-01-05 10:00:00Z \| +1\.5 \| +2 \| +2\.5\s*$", first);
        Assert.Matches(@"(?m)^Rome +\| 2026-01-05 10:00:00Z \| +7 \| +7 \| +7\s*$", first);
        Assert.Contains("\n2 rows", first);
        Assert.Contains("stats: 2 rows in, 2 written, 0 rejected", first);
        Assert.Contains("stats: 2 rows in, 0 written, 2 unchanged, 0 rejected", await RunAsync());
        IsUsed(project, "millrace.data", "millrace.plans");

        Task<string> RunAsync() => project.RunAsync([project["app", "console.dll"]], Cancellation);
    }

    static void Check(string id, PackedProject project)
    {
        using var zip = ZipFile.OpenRead(Path.Combine(project.Feed, $"{id}.{project.Version}.nupkg"));
        var files = zip.Entries.Select(entry => entry.FullName).ToHashSet();
        Assert.Superset(new HashSet<string> { "README.md", $"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml" }, files);
        using var nuspec = zip.GetEntry($"{id}.nuspec")!.Open();
        var dependencies = XDocument.Load(nuspec).Descendants().Where(element => element.Name.LocalName == "dependency")
            .ToDictionary(element => element.Attribute("id")!.Value, element => element.Attribute("version")!.Value);
        Assert.All(dependencies.Where(dependency => dependency.Key.StartsWith("Millrace.", StringComparison.Ordinal)), dependency => Assert.Equal(project.Version, dependency.Value));
        var room = id switch
        {
            "Millrace.Core" or "Millrace.Plans" or "Millrace.Kafka" => null,
            "Millrace.Data" => "Millrace.Plans",
            "Millrace.Broker" => "Millrace.Kafka",
            _ => "Millrace.Core",
        };
        if (room is null) Assert.DoesNotContain(dependencies.Keys, name => name.StartsWith("Millrace.", StringComparison.Ordinal));
        else Assert.Contains(room, dependencies.Keys);
    }

    static void IsUsed(PackedProject project, params string[] ids)
    {
        foreach (var id in ids)
            Assert.True(Directory.Exists(Path.Combine(project.Packages, id, project.Version)), $"{id} was not restored from its package.");
    }

    [GeneratedRegex("^## Your first frame\n.*?^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex FirstFrame();
}
