using Millrace.Hosting.Settings;
using Millrace.Testing.Servers;

namespace Millrace.Hosting.Tests;

public sealed class SettingsTests : IDisposable
{
    readonly TempFolder _home = new();

    public void Dispose() => _home.Dispose();

    LoadedSettings Load(string? file = null, Dictionary<string, string>? environment = null, Dictionary<string, string>? flags = null)
    {
        if (file is not null) File.WriteAllText(Path.Combine(_home.FullPath, "millrace.json"), file);
        environment ??= [];
        environment.TryAdd("MILLRACE_HOME", _home.FullPath);
        return SettingsLoader.Load(environment, flags ?? []);
    }

    static string OriginOf(LoadedSettings loaded, string key) => loaded.Values.Single(value => value.Setting.Key == key).Origin;

    string Problem(string? file = null, Dictionary<string, string>? environment = null, Dictionary<string, string>? flags = null) =>
        Assert.Throws<SettingsException>(() => Load(file, environment, flags)).Message;

    [Fact]
    public void Without_a_file_everything_has_its_default()
    {
        var loaded = Load();
        Assert.Equal(2, loaded.Settings.Workers.Min);
        Assert.Equal("default", OriginOf(loaded, "workers.min"));
        Assert.Equal("environment MILLRACE_HOME", OriginOf(loaded, "home"));
    }

    [Fact]
    public void The_environment_goes_before_the_file_and_a_flag_before_both()
    {
        var loaded = Load("""{ "workers": { "min": 3, "max": 7, "grace": "1m30s" } }""",
            new() { ["MILLRACE_WORKERS__MIN"] = "4", ["MILLRACE_WORKERS__MAX"] = "8" }, new() { ["workers.max"] = "9" });
        Assert.Equal((4, 9, TimeSpan.FromSeconds(90)), (loaded.Settings.Workers.Min, loaded.Settings.Workers.Max, loaded.Settings.Workers.Grace));
        Assert.Equal("environment MILLRACE_WORKERS__MIN", OriginOf(loaded, "workers.min"));
        Assert.Equal("flag --workers-max", OriginOf(loaded, "workers.max"));
        Assert.EndsWith("millrace.json:1", OriginOf(loaded, "workers.grace"), StringComparison.Ordinal);
    }

    [Fact]
    public void Comments_trailing_commas_dotted_keys_and_any_case_are_fine_in_the_file()
    {
        var loaded = Load("""
            {
              // as many as we have
              "Workers.Min": 5,
              "dags": { "pausedAtFirst": true, },
            }
            """);
        Assert.Equal(5, loaded.Settings.Workers.Min);
        Assert.True(loaded.Settings.Dags.PausedAtFirst);
    }

    [Fact]
    public void The_port_of_the_broker_is_a_number_or_none()
    {
        Assert.Equal(9092, Load().Settings.Broker.PortNumber);
        Assert.Equal(9192, Load("""{ "broker": { "port": 9192 } }""").Settings.Broker.PortNumber);
        Assert.Null(Load("""{ "broker": { "port": "none" } }""").Settings.Broker.PortNumber);
        Assert.Contains("broker.port is '65536'. Give 0 to 65535, or none.", Problem(flags: new() { ["broker.port"] = "65536" }), StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_key_is_named_with_its_line_and_the_nearest_key()
    {
        var problem = Problem("{\n  \"workers\": {\n    \"mni\": 3\n  }\n}");
        Assert.EndsWith("millrace.json:3: there is no setting 'workers.mni'. Did you mean 'workers.min'?", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_wrong_value_is_named_with_its_origin()
    {
        var problem = Problem("""{ "workers": { "min": 0, "grace": "soon" } }""", new() { ["MILLRACE_WORKERS__MEMORYMB"] = "many" });
        Assert.Contains("millrace.json:1: workers.min is 0. Give 1 to 1000.", problem, StringComparison.Ordinal);
        Assert.Contains("workers.grace is 'soon', which is not a duration.", problem, StringComparison.Ordinal);
        Assert.Contains("environment MILLRACE_WORKERS__MEMORYMB: workers.memoryMb is 'many', which is not a whole number.", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_variable_that_nearly_names_a_setting_is_refused_and_one_of_a_task_is_not()
    {
        Assert.Contains("Did you mean MILLRACE_WORKERS__MAX?", Problem(environment: new() { ["MILLRACE_WORKERS__MAXX"] = "3" }), StringComparison.Ordinal);
        Assert.Contains("Did you mean MILLRACE_STORE?", Problem(environment: new() { ["MILLRACE_STROE"] = "x" }), StringComparison.Ordinal);
        Load(environment: new() { ["MILLRACE_TEST_POSTGRES"] = "x", ["MILLRACE_RUN_KEY"] = "x" });
    }

    [Fact]
    public void Settings_that_contradict_each_other_are_refused() =>
        Assert.Contains("workers.max is 2, below workers.min, which is 5.", Problem("""{ "workers": { "min": 5, "max": 2 } }"""), StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_not_JSON_is_named_with_its_line() =>
        Assert.Contains("millrace.json:2: this is not JSON", Problem("{\n  oops\n}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("postgres://mill:se%3Acret@db:5433/race", "Host=db;Port=5433;Username=mill;Password=se:cret;Database=race")]
    [InlineData("Host=db;Username=mill", "Host=db;Username=mill")]
    public void A_PostgreSQL_database_is_named_as_Npgsql_or_as_a_URL(string given, string expected) =>
        Assert.Equal(expected, ConnectionStrings.ToNpgsql(given));

    [Theory]
    [InlineData("postgres://mill:secret@db/race", "postgres://mill:***@db/race")]
    [InlineData("Host=db;Password=secret;Database=race", "Host=db;Password=***;Database=race")]
    public void A_password_is_never_shown(string given, string shown)
    {
        var loaded = Load(flags: new() { ["store"] = given });
        Assert.Equal(shown, Setting.All.Single(setting => setting.Key == "store").Show(loaded.Settings));
    }

    [Fact]
    public void A_connection_string_that_makes_no_sense_is_refused() =>
        Assert.Contains("store is 'mysql'", Problem(flags: new() { ["store"] = "mysql" }), StringComparison.Ordinal);

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("1m30s", 90_000)]
    [InlineData("7d", 604_800_000)]
    [InlineData("00:00:05", 5_000)]
    [InlineData("0", 0)]
    public void Durations_are_read_as_people_write_them(string text, double milliseconds)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Fact]
    public void The_table_in_the_docs_is_made_from_the_records()
    {
        var path = Repository.File("docs/configuration.md");
        var (begin, end) = ("<!-- settings: made from the records -->\n", "<!-- end of settings -->");
        var text = File.ReadAllText(path);
        var from = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        var to = text.IndexOf(end, StringComparison.Ordinal);
        if (Repository.IsToBeWritten)
            File.WriteAllText(path, text[..from] + SettingsTable.Markdown() + text[to..]);
        else
            Assert.Equal(SettingsTable.Markdown(), text[from..to]);
    }
}
