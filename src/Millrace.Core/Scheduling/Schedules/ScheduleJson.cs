using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Scheduling;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Schedule))]
sealed partial class ScheduleJson : JsonSerializerContext;
