using System.IO.Compression;
using System.Xml.Linq;
using Millrace.Testing.Servers;

namespace Millrace.EndToEnd.Tests.Packages;

public sealed class PackageTests
{
    static readonly string[] Ids = ["Millrace.Authoring", "Millrace.Core", "Millrace.Hosting", "Millrace.Storage"];

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // No build ever had this version, so no cache can answer instead of the packages made here.
    readonly string version = $"0.0.0-test.{Guid.NewGuid():N}";

    [Fact]
    public async Task A_console_project_elsewhere_restores_the_packages_and_runs_a_Dag()
    {
        using var temp = new TempFolder();
        await PackAsync(temp["feed"], temp["nuspec"]);
        Assert.Equal(Ids.Select(id => $"{id}.{version}.nupkg"), Directory.GetFiles(temp["feed"]).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        foreach (var id in Ids) Check(id, Path.Combine(temp["feed"], $"{id}.{version}.nupkg"));

        var project = Directory.CreateDirectory(temp["console"]).FullName;
        Write("nuget.config", $"""
            <configuration>
              <packageSources>
                <add key="local" value="{temp["feed"]}" />
              </packageSources>
            </configuration>
            """);
        // Its own packages folder keeps this version out of the machine's; what is there already is read from there.
        // The generic host comes with the SDK: a package mirror need not have a set of its packages that fit together.
        Write("console.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <UseSharedCompilation>false</UseSharedCompilation>
                <NuGetAudit>false</NuGetAudit>
                <RestorePackagesPath>{temp["packages"]}</RestorePackagesPath>
                <RestoreFallbackFolders>{MachinePackages}</RestoreFallbackFolders>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Millrace.Hosting" Version="{version}" />
                <FrameworkReference Include="Microsoft.AspNetCore.App" />
              </ItemGroup>
            </Project>
            """);
        Write("Program.cs", """
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
            """);

        var printed = await Sdk.RunAsync(project, ["run", "--", temp["home"]], Cancellation);
        Assert.Equal("Success: 55", printed.Trim().Split('\n')[^1].Trim());
        Assert.True(File.Exists(temp["home", "millrace.db"]));
        foreach (var id in (string[])["millrace.core", "millrace.hosting", "millrace.storage"])
            Assert.True(Directory.Exists(temp["packages", id, version]), $"{id} was not restored from its package.");

        void Write(string name, string text) => File.WriteAllText(Path.Combine(project, name), text);
    }

    // As these tests were built: nothing is compiled again, and the clone's own folders stay as they are.
    Task<string> PackAsync(string feed, string nuspecs) => Sdk.RunAsync(Repository.Root,
        ["pack", "Millrace.slnx", "--no-build", "--configuration", Configuration, "--verbosity", "quiet",
            $"-property:Version={version}", $"-property:PackageOutputPath={feed}", $"-property:NuspecOutputPath={nuspecs}"], Cancellation);

    void Check(string id, string package)
    {
        using var zip = ZipFile.OpenRead(package);
        var files = zip.Entries.Select(entry => entry.FullName).ToHashSet();
        Assert.Superset(new HashSet<string> { "README.md", $"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml" }, files);
        using var nuspec = zip.GetEntry($"{id}.nuspec")!.Open();
        var dependencies = XDocument.Load(nuspec).Descendants().Where(element => element.Name.LocalName == "dependency")
            .ToDictionary(element => element.Attribute("id")!.Value, element => element.Attribute("version")!.Value);
        Assert.All(dependencies.Where(dependency => dependency.Key.StartsWith("Millrace.", StringComparison.Ordinal)), dependency => Assert.Equal(version, dependency.Value));
        Assert.Equal(id != "Millrace.Core", dependencies.ContainsKey("Millrace.Core"));
    }

    static string Configuration => Path.GetFileName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)))!;

    static string MachinePackages => Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } named ? named
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
}
