using System.Text.Json.Serialization;
using Millrace.Dags;
using Millrace.Hosting;
using Millrace.Samples.LibraryMode;

var builder = WebApplication.CreateBuilder(args);

builder.Services.AddMillrace(millrace =>
{
    millrace.AddDag(Invoices.Dag).UseHome(builder.Configuration["Millrace:Home"] ?? ".millrace");
    // SQLite in the home folder, unless the configuration names a PostgreSQL database that several hosts share.
    if (builder.Configuration.GetConnectionString("Millrace") is { } postgres) millrace.UsePostgres(postgres);
});
builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.Converters.Add(new JsonStringEnumConverter()));

var app = builder.Build();

// Answers at once; the run goes on by itself, also when the application is restarted in between.
app.MapPost("/invoices/{month}", async (string month, MillraceClient millrace, CancellationToken cancellation) =>
{
    try
    {
        var run = await millrace.TriggerAsync("invoices", new { month }, cancellation: cancellation);
        return Results.Accepted($"/runs/{run.Id}", run);
    }
    catch (ParamException wrong)
    {
        return Results.Problem(wrong.Message, statusCode: StatusCodes.Status400BadRequest);
    }
});

app.MapGet("/runs", (MillraceClient millrace, CancellationToken cancellation) => millrace.ListRunsAsync(cancellation: cancellation));

app.MapGet("/runs/{id:guid}", async (Guid id, MillraceClient millrace, CancellationToken cancellation) =>
    await millrace.FindRunAsync(id, cancellation) is { } run ? Results.Ok(run) : Results.NotFound());

await app.RunAsync();
