using Millrace.Plans;

namespace Millrace.Data.Tests.Engines;

/// <summary>Results as texts that can be compared: the same value is the same text whichever engine gave it.</summary>
static class EngineRows
{
    internal static async Task<List<string>> ReadAsync(IAsyncEnumerable<Batch> batches, Schema schema, bool ordered, CancellationToken cancel)
    {
        var rows = new List<string>();
        await foreach (var batch in batches.WithCancellation(cancel))
        {
            using (batch)
            {
                Assert.Equal(schema.Names, batch.Schema.Names);
                Assert.Equal(schema.Select(f => f.Type), batch.Schema.Select(f => f.Type));
                for (var row = 0; row < batch.Count; row++) rows.Add(string.Join(" | ", batch.Row(row).Select(Text)));
            }
        }
        if (!ordered) rows.Sort(StringComparer.Ordinal);
        return rows;
    }

    internal static string Text(object? value) => value switch
    {
        double d => Float(d),
        float f => Float(f),
        Dictionary<string, object?> made => $"{{{string.Join(", ", made.Select(p => $"{p.Key}: {Text(p.Value)}"))}}}",
        Dictionary<object, object?> map => $"<{string.Join(", ", map.Select(p => $"{p.Key}: {Text(p.Value)}").Order(StringComparer.Ordinal))}>",
        List<object?> list => $"[{string.Join(", ", list.Select(Text))}]",
        decimal m => (m / 1.0000000000000000000000000000m).ToString(System.Globalization.CultureInfo.InvariantCulture),
        _ => ClrValue.Display(value),
    };

    // Engines add in orders of their own: what differs behind the ninth digit is the same.
    static string Float(double value) => value == 0 ? "0" : value.ToString("G9", System.Globalization.CultureInfo.InvariantCulture);
}
