using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using Millrace.Dags;

namespace Millrace.Samples;

/// <summary>Two web services feed two topics; a writer puts both into one database, where a dashboard joins weather and mood.</summary>
public static class WeatherAndPosts
{
    public sealed record Weather(string City, DateTimeOffset At, double Celsius, string Sky);

    public sealed record Post(long Id, string City, DateTimeOffset At, string Text);

    public sealed record Mood(string City, string Sky, long Posts);

    public static Dag Dag { get; } = Dag.Build("weather_and_posts", d =>
    {
        d.Description = "weather_topic and posts_topic, from web services to a database.";
        d.Defaults = new() { Retry = Retry.Exponential(3, TimeSpan.FromSeconds(5)), Timeout = TimeSpan.FromMinutes(5) };
        var weatherApi = d.Param("weather_api", "", description: "The address of a service that answers with JSON; none for one that stands in for it.");
        var postsApi = d.Param("posts_api", "", description: "Likewise.");
        var database = d.Param("database", Path.Combine(Path.GetTempPath(), "millrace-samples", "weather.db"), description: "A SQLite file, or the connection string of a PostgreSQL database.");

        var weather = d.Task("ask_weather", c => AskAsync<Weather>(c, c.Get(weatherApi), StubApi.Weather));
        var posts = d.Task("ask_posts", c => AskAsync<Post>(c, c.Get(postsApi), StubApi.Posts));
        var weatherSent = d.Produce("weather_producer", weather, "weather_topic", key: w => w.City);
        var postsSent = d.Produce("posts_producer", posts, "posts_topic", key: p => p.City);

        // What was asked for twice is in the topics twice, and in the tables once.
        var weatherRead = d.Task("weather_writer", async c => await Topics.Read<Weather>(await c.KafkaAsync(), "weather_topic", Bad.Reject)
            .DistinctBy(w => new { w.City, w.At }).LoadAsync(WeatherTable(c.Get(database)), Load.Upsert, cancel: c.Cancellation));
        var postsRead = d.Task("posts_writer", async c => await Topics.Read<Post>(await c.KafkaAsync(), "posts_topic", Bad.Reject)
            .DistinctBy(p => p.Id).LoadAsync(PostsTable(c.Get(database)), Load.Upsert, cancel: c.Cancellation));
        var moods = d.Task("dashboard", c => MoodsAsync(c.Get(database), c.Cancellation));

        _ = weatherSent >> weatherRead >> moods;
        _ = postsSent >> postsRead >> moods;
    });

    static async Task<T[]> AskAsync<T>(TaskContext context, string address, string standIn)
    {
        await using var stub = address.Length == 0 ? StubApi.Start(standIn) : null;
        using var http = new HttpClient();
        return await http.GetFromJsonAsync<T[]>(stub?.Address ?? address, context.Cancellation) ?? [];
    }

    static async Task<List<Mood>> MoodsAsync(string database, CancellationToken cancel) =>
        await Frame.From(PostsTable(database)).As<Post>()
            .Join(Frame.From(WeatherTable(database)).As<Weather>(), post => post.City, weather => weather.City, (post, weather) => new { post.City, weather.Sky })
            .GroupBy(row => new { row.City, row.Sky }).Select(g => new Mood(g.Key.City, g.Key.Sky, g.Count()))
            .OrderBy(mood => mood.City).ToListAsync(cancel: cancel);

    public static TableTarget WeatherTable(string database) => Database.Table(database, "weather", key: ["city", "at"]);

    public static TableTarget PostsTable(string database) => Database.Table(database, "posts", key: ["id"]);
}

/// <summary>Stands in for a service on the web: it answers every request with the same JSON, on a free port of this machine.</summary>
sealed class StubApi : IAsyncDisposable
{
    internal const string Weather = """
        [
          { "city": "Bergen", "at": "2026-11-21T06:00:00Z", "celsius": 8.5, "sky": "storm" },
          { "city": "Oslo", "at": "2026-11-21T06:00:00Z", "celsius": 4, "sky": "clear" }
        ]
        """;

    internal const string Posts = """
        [
          { "id": 1, "city": "Bergen", "at": "2026-11-21T06:01:00Z", "text": "My umbrella is gone" },
          { "id": 2, "city": "Oslo", "at": "2026-11-21T06:02:00Z", "text": "What a morning" },
          { "id": 3, "city": "Bergen", "at": "2026-11-21T06:05:00Z", "text": "So is mine" }
        ]
        """;

    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly Task answering;

    StubApi(string json)
    {
        listener.Start();
        answering = AnswerAsync(Encoding.UTF8.GetBytes(json));
    }

    internal string Address => $"http://{listener.LocalEndpoint}/";

    internal static StubApi Start(string json) => new(json);

    async Task AnswerAsync(byte[] json)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                await using var stream = client.GetStream();
                using var request = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                while (await request.ReadLineAsync() is { Length: > 0 })
                {
                }
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\nConnection: close\r\n\r\n"));
                await stream.WriteAsync(json);
            }
        }
        catch (SocketException)
        {
            // Nobody asks any more.
        }
    }

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await answering;
    }
}
