using System.Text;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Delimited;

/// <summary>Files of text in a folder of their own, and what is read from them.</summary>
sealed class DelimitedBed : IDisposable
{
    readonly TempFolder folder = new();

    internal RejectLog Rejects { get; } = new();

    internal string this[string name] => folder[name];

    internal string Write(string text, string name = "t.csv") => Write(Encoding.UTF8.GetBytes(text), name);

    internal string Write(byte[] bytes, string name = "t.csv")
    {
        File.WriteAllBytes(folder[name], bytes);
        return folder[name];
    }

    /// <summary>All rows, each with its values as .NET spells them.</summary>
    internal Task<List<object?[]>> RowsAsync(string text, CsvOptions? options = null, bool provenance = false) =>
        RowsOfAsync(Csv.Open(Write(text), options ?? CsvOptions.Default), provenance);

    internal async Task<List<object?[]>> RowsOfAsync(ISource source, bool provenance = false, params string[] columns)
    {
        var rows = new List<object?[]>();
        var request = new ReadRequest { Provenance = provenance, Rejects = Rejects, Columns = columns.Length == 0 ? null : columns };
        await foreach (var batch in source.ReadAsync(request, TestContext.Current.CancellationToken))
        {
            using (batch)
            {
                for (var row = 0; row < batch.Count; row++) rows.Add(batch.Row(row));
            }
        }
        return rows;
    }

    internal static CsvOptions Texts(CsvOptions? options = null) => (options ?? CsvOptions.Default) with { Infer = false };

    internal static Schema Schema(params (string Name, DataType Type)[] columns) => new(columns.Select(c => new Field(c.Name, c.Type)));

    public void Dispose() => folder.Dispose();
}
