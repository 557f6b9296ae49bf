using System.Globalization;
using Millrace.Data;
using Millrace.Hosting.Settings;

namespace Millrace.Cli.DataWork;

/// <summary>What a load is told by words: who gives way where rows and table aren't of one shape, and how many rows may be refused.</summary>
static class LoadWords
{
    internal static readonly Dictionary<string, SchemaContract> Contracts = new()
    {
        ["evolve"] = SchemaContract.Default,
        ["freeze"] = SchemaContract.Frozen,
        ["discard-row"] = new() { Columns = OnChange.DiscardRow, Types = OnChange.DiscardRow },
        ["discard-value"] = new() { Columns = OnChange.DiscardValue, Types = OnChange.DiscardValue },
    };

    internal static SchemaContract ContractOf(string word) => Contracts.TryGetValue(word, out var contract)
        ? contract
        : throw new UserErrorException($"--contract '{word}' isn't a way to treat what doesn't fit.{NearMiss.Question(word, Contracts.Keys)} There are: {string.Join(", ", Contracts.Keys)}.");

    /// <summary>A number of rows, or the share of them that <c>5%</c> is; null and 1 where nothing was said.</summary>
    internal static (long? Rows, double Share) MaxRejected(string? text) => text switch
    {
        null => (null, 1),
        _ when text.EndsWith('%') && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent <= 100 => (null, percent / 100),
        _ when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var rows) => (rows, 1),
        _ => throw new UserErrorException($"--max-rejected '{text}' is neither a number of rows nor a share of them. Write 0, 100 or 5%."),
    };
}
