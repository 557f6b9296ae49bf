using System.Text.RegularExpressions;
using Millrace.Broker;
using Millrace.Testing.Servers;

namespace Millrace.EndToEnd.Tests.Packages;

/// <summary>What docs/kafka-client.md promises of Native AOT: no warning, and a program that runs.</summary>
public sealed partial class NativeClientTests
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_program_of_the_client_publishes_as_native_code_without_a_warning_and_runs()
    {
        NeedsLinker();
        using var project = new PackedProject();
        await project.PackAsync(Cancellation, "src/Millrace.Kafka");
        var page = (await File.ReadAllTextAsync(Repository.File("docs/kafka-client.md"), Cancellation)).ReplaceLineEndings("\n");
        var first = Block().Match(page).Groups[1].Value;
        Assert.Contains("localhost:9092", first);
        project.Write("Millrace.Kafka", $$"""
            using System.Text.Json.Serialization;
            using Millrace.Kafka;

            {
            {{first.Replace("\"localhost:9092\"", "args[0]", StringComparison.Ordinal)}}
            }
            await using var cluster = new KafkaClient(args[0]);
            await using var writer = cluster.CreateProducer<long, Reading>(new() { TransactionalId = "native", Compression = CompressionKind.Zstd }, values: RecordFormat.Json(Formats.Default.Reading));
            await using (var transaction = await writer.BeginTransactionAsync())
            {
                await writer.EnqueueAsync("readings", 7, new("Oslo", 1.5));
                await transaction.CommitAsync();
            }
            await using var reader = cluster.CreateConsumer<long, Reading>(new() { Topics = ["readings"] }, values: RecordFormat.Json(Formats.Default.Reading));
            await foreach (var record in reader.ReadToEndAsync()) Console.WriteLine($"{record.Key}: {record.Value}, native: {!System.Runtime.CompilerServices.RuntimeFeature.IsDynamicCodeSupported}");

            sealed record Reading(string Station, double Celsius);

            [JsonSerializable(typeof(Reading))]
            sealed partial class Formats : JsonSerializerContext;
            """, properties: """
                <PublishAot>true</PublishAot>
                <TrimmerSingleWarn>false</TrimmerSingleWarn>
                <InvariantGlobalization>true</InvariantGlobalization>
                <!-- A third of the time goes into speed that nobody measures here, and into symbols that nobody reads. -->
                <Optimize>false</Optimize>
                <DebugType>none</DebugType>
                <NativeDebugSymbols>false</NativeDebugSymbols>
                <StripSymbols>false</StripSymbols>
            """);
        await project.RunAsync(["publish", "-warnaserror", "--use-current-runtime", "--output", project["app"]], Cancellation);
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: Cancellation);

        var printed = await Sdk.RunProgramAsync(project["app", OperatingSystem.IsWindows() ? "console.exe" : "console"], project.Folder, [broker.BootstrapServers], Cancellation);

        Assert.Equal(["7: Reading { Station = Oslo, Celsius = 1.5 }, native: True", "ann: hello", "bob: hi"], printed.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Order(StringComparer.Ordinal));
        Assert.False(File.Exists(project["app", "console.dll"]), "The program was not compiled to native code.");
    }

    /// <summary>Skips the test where nothing can link; with <c>CI=true</c>, where nothing may be skipped, it fails.</summary>
    static void NeedsLinker()
    {
        const string missing = "Native AOT needs clang or gcc to link with, and neither is on the PATH. Install one with: apt-get install gcc libc6-dev";
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        // Windows has a linker of its own, which the SDK finds by itself.
        if (OperatingSystem.IsWindows() || folders.Any(folder => File.Exists(Path.Combine(folder, "clang")) || File.Exists(Path.Combine(folder, "gcc")))) return;
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(missing);
        Assert.Skip(missing);
    }

    [GeneratedRegex("^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
