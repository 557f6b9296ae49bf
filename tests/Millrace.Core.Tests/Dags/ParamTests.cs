using System.Text.Json;
using Millrace.Dags;

namespace Millrace.Core.Tests.Dags;

public sealed class ParamTests
{
    enum Region { Europe, Asia }

    sealed record Filter(string Column, int[] Values);

    static Param<DateOnly> day = null!;
    static Param<Region> region = null!;
    static Param<Filter> filter = null!;
    static Param<string?> note = null!;
    static Param<DateTimeOffset> since = null!;

    static readonly Dag Report = Dag.Build("report", d =>
    {
        day = d.Param("day", new DateOnly(2026, 11, 21), description: "The day to report");
        region = d.Param("region", Region.Europe);
        filter = d.Param("filter", new Filter("id", [1, 2]));
        note = d.Param<string?>("note", null);
        since = d.Param("since", new DateTimeOffset(2026, 11, 21, 6, 0, 0, TimeSpan.Zero));
        d.Param("rows", 10, min: 1, max: 100);
        d.Param("big", 1L);
        d.Param("share", 0.5, min: 0, max: 1);
        d.Param("price", 9.99m);
        d.Param("dry", false);
        d.Param("format", "csv", choices: ["csv", "json"]);
        d.Param("code", "AB", minLength: 2, maxLength: 4, pattern: "^[A-Z]+$");
    });

    static ParamSet Given(string? json) => ParamSet.Resolve("report", Report.Spec.Params, json);
    static string Refused(string json) => Assert.Throws<ParamException>(() => Given(json)).Message;

    [Fact]
    public void Defaults_fill_in_what_is_not_given_and_come_back_typed()
    {
        var context = Bodies.Context(Report, @params: """{"region": "Asia", "rows": 7}""");
        Assert.Equal(new DateOnly(2026, 11, 21), context.Get(day));
        Assert.Equal(Region.Asia, context.Get(region));
        Assert.Equal([1, 2], context.Get(filter).Values);
        Assert.Null(context.Get(note));
        Assert.Equal(new DateTimeOffset(2026, 11, 21, 6, 0, 0, TimeSpan.Zero), context.Get(since));
        Assert.Equal((7, 1L, 0.5, 9.99m, false, "csv"), (context.Params.Get<int>("rows"), context.Params.Get<long>("big"), context.Params.Get<double>("share"),
            context.Params.Get<decimal>("price"), context.Params.Get<bool>("dry"), context.Params.Get<string>("format")));
    }

    [Theory]
    [InlineData("""{"day": "2026-13-01"}""", "'day' is \"2026-13-01\": expected a date such as \"2026-11-21\"")]
    [InlineData("""{"region": "Africa"}""", "'region' is \"Africa\": expected one of \"Europe\", \"Asia\"")]
    [InlineData("""{"since": "yesterday"}""", "'since' is \"yesterday\": expected a time such as \"2026-11-21T06:00:00Z\"")]
    [InlineData("""{"rows": 0}""", "'rows' is 0: expected a whole number from 1 to 100")]
    [InlineData("""{"rows": 1.5}""", "'rows' is 1.5: expected a whole number from 1 to 100")]
    [InlineData("""{"rows": "7"}""", "'rows' is \"7\": expected a whole number from 1 to 100")]
    [InlineData("""{"rows": null}""", "'rows' is null: expected a whole number from 1 to 100")]
    [InlineData("""{"big": 9223372036854775808}""", "'big' is 9223372036854775808: expected a whole number from -9223372036854775808 to 9223372036854775807")]
    [InlineData("""{"share": 1.01}""", "'share' is 1.01: expected a number from 0 to 1")]
    [InlineData("""{"dry": "yes"}""", "'dry' is \"yes\": expected true or false")]
    [InlineData("""{"format": "xml"}""", "'format' is \"xml\": expected one of \"csv\", \"json\"")]
    [InlineData("""{"code": "A"}""", "'code' is \"A\": expected at least 2 characters")]
    [InlineData("""{"code": "ABCDE"}""", "'code' is \"ABCDE\": expected at most 4 characters")]
    [InlineData("""{"code": "ab"}""", "'code' is \"ab\": expected a text that matches ^[A-Z]+$")]
    [InlineData("""{"row": 3}""", "'row' is not a param of this Dag (did you mean 'rows'?)")]
    public void A_wrong_value_is_named_with_what_was_expected(string json, string fault) =>
        Assert.Equal($"Dag 'report' can't run with these params: {fault}.", Refused(json));

    [Fact]
    public void Every_wrong_value_is_listed_at_once()
    {
        var message = Refused("""{"rows": 0, "dry": 1, "colour": "red"}""");
        Assert.Contains("'rows' is 0", message, StringComparison.Ordinal);
        Assert.Contains("'dry' is 1", message, StringComparison.Ordinal);
        Assert.Contains("'colour' is not a param of this Dag (there are: day, region,", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[1]", "are [1], which is not an object")]
    [InlineData("{", "are not JSON")]
    public void Params_are_a_JSON_object(string json, string fault) => Assert.Contains(fault, Refused(json), StringComparison.Ordinal);

    [Fact]
    public void A_required_param_must_be_given()
    {
        var dag = Dag.Build("orders", d => d.RequiredParam<DateOnly>("day"));
        Assert.Equal("Dag 'orders' can't run with these params: 'day' has no default and must be given (a date such as \"2026-11-21\").",
            Assert.Throws<ParamException>(() => ParamSet.Resolve("orders", dag.Spec.Params, null)).Message);
        Assert.Equal(new DateOnly(2026, 1, 2), ParamSet.Resolve("orders", dag.Spec.Params, """{"day": "2026-01-02"}""").Get<DateOnly>("day"));
    }

    [Fact]
    public void A_scheduled_Dag_can_not_require_a_param() =>
        Assert.Equal("Dag 'orders' has a schedule (once), but nobody is there to give its required param 'day'. Declare it by d.Param with a default, or leave the schedule out.",
            Bodies.Message(d =>
            {
                d.RequiredParam<DateOnly>("day");
                d.Schedule = Millrace.Scheduling.Schedule.Once;
            }));

    [Fact]
    public void Effective_params_survive_as_text()
    {
        var effective = ParamSet.Parse(Given("""{"rows": 8}""").ToString());
        Assert.Equal((8, "csv"), (effective.Get<int>("rows"), effective.Get<string>("format")));
    }

    [Fact]
    public void A_param_that_is_not_declared_can_not_be_read() =>
        Assert.Contains("There is no param 'row' (did you mean 'rows'?)", Assert.Throws<ParamException>(() => Given(null).Get<int>("row")).Message, StringComparison.Ordinal);

    [Fact]
    public void The_schema_says_what_is_allowed()
    {
        using var schema = JsonDocument.Parse(Report.ParamSchema);
        var root = schema.RootElement;
        var properties = root.GetProperty("properties");

        Assert.Equal("https://json-schema.org/draft/2020-12/schema", root.GetProperty("$schema").GetString());
        Assert.False(root.GetProperty("additionalProperties").GetBoolean());
        Assert.False(root.TryGetProperty("required", out _));
        Assert.Equal("""{"type":"string","format":"date","description":"The day to report","default":"2026-11-21"}""", properties.GetProperty("day").GetRawText());
        Assert.Equal("""{"type":"string","enum":["Europe","Asia"],"default":"Europe"}""", properties.GetProperty("region").GetRawText());
        Assert.Equal("""{"type":"integer","minimum":1,"maximum":100,"default":10}""", properties.GetProperty("rows").GetRawText());
        Assert.Equal("""{"type":["string","null"],"default":null}""", properties.GetProperty("note").GetRawText());
        Assert.Equal("""{"default":{"column":"id","values":[1,2]}}""", properties.GetProperty("filter").GetRawText());
        Assert.Equal("string 2 4 ^[A-Z]+$", $"{properties.GetProperty("code").GetProperty("type")} {properties.GetProperty("code").GetProperty("minLength")} {properties.GetProperty("code").GetProperty("maxLength")} {properties.GetProperty("code").GetProperty("pattern")}");
    }

    [Fact]
    public void The_schema_names_required_params()
    {
        using var schema = JsonDocument.Parse(Dag.Build("orders", d => d.RequiredParam<int>("n")).ParamSchema);
        Assert.Equal("""["n"]""", schema.RootElement.GetProperty("required").GetRawText());
    }

    [Theory]
    [InlineData("default", "Param 'p' of Dag 'orders' has the default 0: expected a whole number from 1 to 2147483647.")]
    [InlineData("bounds", "Param 'p' of Dag 'orders' has min 5 above max 1. Swap them.")]
    [InlineData("pattern", "Param 'p' of Dag 'orders' has the pattern '(', which is no regular expression")]
    [InlineData("kind", "Param 'p' of Dag 'orders' has a pattern or length but is no text.")]
    [InlineData("name", "Param 'a b' of Dag 'orders' has a ' ' in its name.")]
    [InlineData("twice", "Dag 'orders' declares the param 'p' twice. Rename one of them.")]
    public void A_senseless_declaration_stops_the_build(string fault, string message) => Assert.StartsWith(message, Bodies.Message(d =>
    {
        _ = fault switch
        {
            "default" => (object)d.Param("p", 0, min: 1),
            "bounds" => d.Param("p", 0, min: 5, max: 1),
            "pattern" => d.Param("p", "", pattern: "("),
            "kind" => d.Param("p", 0, pattern: "x"),
            "name" => d.Param("a b", 0),
            _ => (d.Param("p", 0), d.Param("p", 1)),
        };
    }), StringComparison.Ordinal);
}
