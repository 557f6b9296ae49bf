using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Millrace.Samples.Tests;

/// <summary>The application as a user starts it: its own process, asked over HTTP.</summary>
public sealed class LibraryModeTests
{
    const string Listening = "Now listening on: ";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_application_runs_its_DAG_and_shows_it()
    {
        using var folder = new TempFolder();
        using var app = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "LibraryMode.dll"), "--urls", "http://127.0.0.1:0", "--Millrace:Home", folder.Path])
        {
            RedirectStandardOutput = true,
        })!;
        try
        {
            using var http = new HttpClient { BaseAddress = await AddressAsync(app) };

            var refused = await http.PostAsync(new Uri("/invoices/november", UriKind.Relative), null, Cancel);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Contains("'month' is \"november\"", (await refused.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("detail").GetString(), StringComparison.Ordinal);

            var accepted = await http.PostAsync(new Uri("/invoices/2026-11", UriKind.Relative), null, Cancel);
            Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
            var run = await EndedAsync(http, accepted.Headers.Location!);

            Assert.Equal("Success", run.GetProperty("state").GetString());
            Assert.Equal(["collect", "send", "send", "send", "sum_up"], run.GetProperty("tasks").EnumerateArray().Select(task => task.GetProperty("id").GetString()));
            Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(new Uri($"/runs/{Guid.NewGuid()}", UriKind.Relative), Cancel)).StatusCode);
            Assert.Equal(1, (await http.GetFromJsonAsync<JsonElement>("/runs", Cancel)).GetArrayLength());
        }
        finally
        {
            app.Kill(entireProcessTree: true);
            await app.WaitForExitAsync(CancellationToken.None);
        }
    }

    static async Task<Uri> AddressAsync(Process app)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (await app.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.IndexOf(Listening, StringComparison.Ordinal) is var at and >= 0)
            {
                // Or the pipe fills up and the application waits for its reader.
                _ = app.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return new Uri(line[(at + Listening.Length)..]);
            }
        }
        throw new InvalidOperationException("The application ended before it listened.");
    }

    static async Task<JsonElement> EndedAsync(HttpClient http, Uri address)
    {
        var giveUp = DateTime.UtcNow.AddSeconds(60);
        while (true)
        {
            var run = await http.GetFromJsonAsync<JsonElement>(address, Cancel);
            if (run.GetProperty("state").GetString() is "Success" or "Failed" || DateTime.UtcNow > giveUp) return run;
            await Task.Delay(20, Cancel);
        }
    }
}
