using Millrace.Testing.Servers;

namespace Millrace.EndToEnd.Tests.Packages;

/// <summary>Packages made of this clone, and a console project elsewhere that uses them as a stranger's would.</summary>
sealed class PackedProject : IDisposable
{
    readonly TempFolder temp = new();

    internal PackedProject() => Directory.CreateDirectory(Folder);

    // No build ever had this version, so no cache can answer instead of the packages made here.
    internal string Version { get; } = $"0.0.0-test.{Guid.NewGuid():N}";

    internal string Feed => temp["feed"];
    internal string Folder => temp["console"];

    /// <summary>Where the project's packages are unpacked to, unless the machine had them.</summary>
    internal string Packages => temp["packages"];

    internal string this[params string[] parts] => temp[parts];

    /// <summary>As these tests were built: nothing is compiled again, and the clone's own folders stay as they are.</summary>
    internal async Task PackAsync(CancellationToken cancellation, params string[] projects)
    {
        foreach (var project in projects)
            await Sdk.RunAsync(Repository.Root, ["pack", project, "--no-build", "--configuration", Configuration, "--verbosity", "quiet",
                $"-property:Version={Version}", $"-property:PackageOutputPath={Feed}", $"-property:NuspecOutputPath={temp["nuspec"]}"], cancellation);
    }

    /// <param name="references">Further items of the project file.</param>
    /// <param name="properties">Further properties of it.</param>
    internal void Write(string package, string program, string references = "", string properties = "")
    {
        Write("nuget.config", $"""
            <configuration>
              <packageSources>
                <add key="local" value="{Feed}" />
              </packageSources>
            </configuration>
            """);
        // Its own packages folder keeps this version out of the machine's; what is there already is read from there.
        Write("console.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <UseSharedCompilation>false</UseSharedCompilation>
                <NuGetAudit>false</NuGetAudit>
                <RestorePackagesPath>{Packages}</RestorePackagesPath>
                <RestoreFallbackFolders>{MachinePackages}</RestoreFallbackFolders>
                {properties}
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="{package}" Version="{Version}" />
                {references}
              </ItemGroup>
            </Project>
            """);
        Write("Program.cs", program);
    }

    internal Task<string> RunAsync(string[] arguments, CancellationToken cancellation) => Sdk.RunAsync(Folder, arguments, cancellation);

    public void Dispose() => temp.Dispose();

    void Write(string name, string text) => File.WriteAllText(Path.Combine(Folder, name), text);

    static string Configuration => Path.GetFileName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)))!;

    static string MachinePackages => Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } named ? named
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
}
