using System.Text.Json;
using System.Text.Json.Serialization;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// A frame in JSON is its plan: a task that returns a frame hands it on by reference, and the next one reads the same
/// sources.
/// </summary>
sealed class FrameJson : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeof(Frame).IsAssignableFrom(typeToConvert);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) => typeToConvert == typeof(Frame)
        ? new Untyped()
        : typeToConvert.GetGenericTypeDefinition() == typeof(OrderedFrame<>) ? (JsonConverter)Activator.CreateInstance(typeof(Ordered<>).MakeGenericType(typeToConvert.GetGenericArguments()))!
        : (JsonConverter)Activator.CreateInstance(typeof(Typed<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;

    sealed class Untyped : JsonConverter<Frame>
    {
        public override Frame Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(Plan(ref reader));

        public override void Write(Utf8JsonWriter writer, Frame value, JsonSerializerOptions options) => WritePlan(writer, value);
    }

    sealed class Typed<T> : JsonConverter<Frame<T>>
    {
        public override Frame<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new Frame(Plan(ref reader)).As<T>();

        public override void Write(Utf8JsonWriter writer, Frame<T> value, JsonSerializerOptions options) => WritePlan(writer, value);
    }

    sealed class Ordered<T> : JsonConverter<OrderedFrame<T>>
    {
        public override OrderedFrame<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Plan(ref reader) is Sort sort
            ? new OrderedFrame<T>(sort.Input, sort.Keys)
            : throw new PlanException("This plan's last step is not an order. Read it as a Frame.");

        public override void Write(Utf8JsonWriter writer, OrderedFrame<T> value, JsonSerializerOptions options) => WritePlan(writer, value);
    }

    static Relation Plan(ref Utf8JsonReader reader)
    {
        using var json = JsonDocument.ParseValue(ref reader);
        return PlanJson.Read(json.RootElement.GetRawText(), new PlanParts { Source = SourceKinds.Open });
    }

    static void WritePlan(Utf8JsonWriter writer, Frame frame)
    {
        if (Stuck(frame.Plan) is { } why) throw new PlanException($"This frame can't be handed on by reference: {why}. Load it into a file, a table or a dataset first, and hand on a frame over that.");
        writer.WriteRawValue(PlanJson.Write(frame.Plan));
    }

    static string? Stuck(Relation plan)
    {
        if (plan is Scan scan && scan.Source.Describe() is null)
            return scan.Source.Kind == InlineRows.Kind ? $"its rows live in this process, and only up to {InlineRows.Most:N0} rows of a list travel with a plan" : $"its source '{scan.Source.Kind}' doesn't say how to open it again";
        foreach (var input in plan.Inputs)
            if (Stuck(input) is { } why) return why;
        return Frame.CallbacksOf(plan).FirstOrDefault() is { } callback ? $"it calls C# back ({callback.Callback.Name})" : null;
    }
}
